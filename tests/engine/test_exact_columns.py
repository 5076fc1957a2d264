"""Measures of columns: they add up, and their first moments are those of samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from lime.engine.exact_columns import CodedColumn, ExactColumn, NumberColumn

EDGES = np.array([-3.0, -1.0, 1.0, 4.0])
MEAN, STD = np.array([-1.5, 0.2, 2.0]), np.array([0.5, 0.8, 1.5])


def coded(whole: bool) -> CodedColumn:
    low, high = (np.array([-3.0, 0.0, 2.0]), np.array([-1.0, 1.0, 4.0])) if whole else (EDGES[:-1], EDGES[1:])
    below, above = ndtr((EDGES[:-1] - MEAN) / STD), ndtr((EDGES[1:] - MEAN) / STD)
    return CodedColumn(np.array([0.5, 0.2, 0.3]), MEAN, STD, low, high, below, above, whole)


LAWS: dict[str, ExactColumn] = {
    "bins": coded(False),
    "whole bins": coded(True),
    "values": CodedColumn.of_values(np.array([0.0, 1.0, np.nan]), np.array([0.5, 0.2, 0.3])),
    "numbers": NumberColumn(2.0, 0.0, False, 1.0, 2.0, 1.5, 1.5),
    "whole numbers": NumberColumn(2.0, 0.2, True, 1.0, 2.0, 1.5, 1.5),
    "many whole numbers": NumberColumn(2000.0, 0.2, True, 1.0, 2000.0, 1.5, 1.5),
    "around": NumberColumn(2.0, 0.2, False, 1.0, 2.0, None, 1.5),
    "still": NumberColumn(0.0, 0.2, False, 1.0, 2.0, 1.5, 1.5),
}


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("width", [0.05, 1.0, 50.0])
def test_probabilities_add_up_to_one_and_slopes_to_none(name: str, width: float) -> None:
    law = LAWS[name]
    given = np.array([0, 1, -1]) if isinstance(law, CodedColumn) else np.array([0.3, 2.0, np.nan])
    found = law.measures(given, width)
    pair = found.below(np.array([-np.inf, np.inf]))
    below, slope = found.probability(pair), found.slope(pair)
    assert below[0] == pytest.approx(0.0, abs=1e-12)
    assert below[1] + found.probability(found.missing) == pytest.approx(1.0, abs=1e-12)
    # In units of the feature; the numbers of a narrow kernel are steep.
    steep = 1.0 / np.sqrt(np.where(found.agrees | (found.variance == 0.0), 1.0, found.variance))
    assert (slope[1] + found.slope(found.missing)) / steep == pytest.approx(0.0, abs=1e-12)
    assert found.probability(found.numbers) == pytest.approx(below[1], abs=1e-12)
    assert found.slope(found.numbers) / steep == pytest.approx(slope[1] / steep, abs=1e-12)


@pytest.mark.parametrize("name", ["bins", "whole bins", "numbers", "whole numbers", "around"])
def test_integrals_of_the_numbers_are_those_over_small_cells(name: str) -> None:
    law = LAWS[name]
    given = np.array([0, 1, 2]) if isinstance(law, CodedColumn) else np.array([0.3, 2.0, -1.0])
    found = law.measures(given, 1.3)
    cuts = np.linspace(-22.0, 25.0, 47_001) + 1e-7
    middle = 0.5 * (cuts[1:] + cuts[:-1])
    middle = np.rint(middle) if getattr(law, "whole", False) else middle
    below = found.below(cuts)
    for measure in (found.probability, found.slope):
        assert measure(found.number) == pytest.approx(middle @ np.diff(measure(below), axis=0), abs=2e-5)


@pytest.mark.parametrize("width", [0.05, 0.1, 0.3])
def test_a_narrow_kernel_leaves_the_rates_their_digits(width: float) -> None:
    """Next to a row's own bin the others have a share of down to 1e-87, and split the same way."""
    law = coded(False)
    found = law.measures(np.array([1]), width)
    below = [part[:, 0] for part in found.below(np.array([1.0, 2.0, 4.0]))]
    whole, left = (np.array([one[2] - one[0]]) for one in below), (np.array([one[1] - one[0]]) for one in below)
    r, s = found.rates((next(whole), next(whole)), (next(left), next(left)))
    expected = (ndtr(0.0) - ndtr(-2.0 / 3.0)) / (ndtr(4.0 / 3.0) - ndtr(-2.0 / 3.0))
    assert r == pytest.approx(expected, rel=1e-12)
    assert s == pytest.approx(0.0, abs=1e-12)


def test_a_narrow_kernel_leaves_the_row_alone() -> None:
    near = coded(False).measures(np.array([1]), 0.01)
    assert near.mean == pytest.approx(1.0)
    assert near.probability(near.below(np.array([-1.0, 1.0]))).ravel() == pytest.approx([0.0, 1.0])


def test_one_bin_has_no_else() -> None:
    law = CodedColumn.of_values(np.array([3.0]), np.array([1.0]))
    found = law.measures(np.array([0]), 1.0)
    assert found.variance.tolist() == [0.0]
    assert found.slope(found.below(np.array([4.0]))).tolist() == [[0.0]]
