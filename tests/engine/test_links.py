"""Log-odds of probabilities: where they are clipped, what is refused, and what comes back."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.links import CLIP, LIMIT, check_link, clipped_share, linked, unlinked


def test_log_odds_go_there_and_back() -> None:
    p = np.array([[0.2, 0.8], [1e-5, 1.0 - 1e-5]])
    found = linked(p, "logit")
    assert found == pytest.approx(np.log(p / (1.0 - p)), rel=1e-9)
    assert unlinked(found, "logit") == pytest.approx(p, rel=1e-12)
    assert clipped_share(found) == 0.0


def test_certainty_is_clipped_alike_on_both_sides_and_unknown_stays() -> None:
    found = linked(np.array([0.0, 1.0, CLIP / 2.0, np.nan, 1.0 + 1e-7]), "logit")
    assert found[[0, 1, 2, 4]].tolist() == [-LIMIT, LIMIT, -LIMIT, LIMIT]
    assert np.isnan(found[3])
    assert unlinked(found, "logit")[[0, 1]].tolist() == [0.0, 1.0]
    assert clipped_share(found[:3]) == 1.0


@pytest.mark.parametrize("value", [-0.5, 1.5])
def test_what_is_no_probability_has_no_log_odds(value: float) -> None:
    with pytest.raises(ValueError, match=r"log-odds are of probabilities; leave link out"):
        linked(np.array([0.5, value]), "logit")
    assert linked(np.array([value]), "identity").tolist() == [value]


def test_links_are_checked() -> None:
    assert check_link(None) == check_link("identity", "regression") == "identity"
    assert check_link("logit", "classification") == "logit"
    with pytest.raises(ValueError, match=r"link='probit': expected 'identity' or 'logit'"):
        check_link("probit")
    with pytest.raises(ValueError, match="mode='regression': log-odds are of probabilities"):
        check_link("logit", "regression")
