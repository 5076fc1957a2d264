"""When a growing sample is enough."""

import numpy as np
import pytest
from scipy.special import ndtri

from lime.engine.contests import forward_contests, weight_contest
from lime.engine.selection import forward_selection
from lime.engine.stopping import HOPELESS, RATE, Auto, Look, Stage, error_share, halved_sizes, look, look_sizes


def judged(weights, errors, shown, width=0.3, sizes=(100,), taken=1):
    weights, errors, shown = np.asarray(weights, float), np.asarray(errors, float), np.asarray(shown)
    auto = Auto(width=width)
    contests = [weight_contest(weights, errors, shown)] if len(shown) < len(weights) else []
    stage = Stage(auto, sizes, taken)
    return look(shown, weights[shown], errors[shown], stage, degrees=np.inf, contests=contests, contest_degrees=np.inf)


def test_looks_double_from_the_first_to_the_budget():
    assert look_sizes(13, 4999) == [256, 512, 1024, 2048, 4096, 4999]
    assert look_sizes(100, 4999) == [800, 1600, 3200, 4999]
    assert look_sizes(5, 200) == [200]


def test_looks_halve_from_the_budget_to_the_first():
    assert halved_sizes(13, 4999) == [312, 624, 1248, 2498, 4999]
    assert halved_sizes(16, 999) == [248, 498, 999]
    assert halved_sizes(100, 4999) == [1248, 2498, 4999]
    assert halved_sizes(5, 200) == [200]
    for sizes in (halved_sizes(d, budget) for d in (1, 40, 300) for budget in (2, 999, 4999, 100_000)):
        assert sizes == sorted(set(sizes))
        assert all(size % 2 == 0 for size in sizes[:-1])


def test_clear_weights_are_settled():
    found = judged([1.0, -0.5, 0.05], [0.01, 0.01, 0.01], [0, 1])
    assert found.settled
    assert found.decided
    assert found.rivals == (1, 2)
    assert found.widest == pytest.approx(2 * ndtri(0.975) * 0.01)


def test_wide_intervals_are_not():
    found = judged([1.0, -0.1], [0.2, 0.01], [0, 1])
    assert not found.narrow
    assert not found.decided


def test_features_of_like_size_are_alike_in_order():
    order = judged([1.0, 0.99, 0.0], [0.01, 0.01, 0.01], [0, 1])
    assert order.alike == ((0, 1),)
    assert order.settled


def test_which_feature_is_shown_is_settled_only_if_it_is_told_from_the_rest():
    choice = judged([1.0, 0.5, 0.49], [0.02, 0.02, 0.02], [0, 1])
    assert choice.choice == "close"
    assert choice.rivals == (1, 2)
    assert choice.decided
    assert not choice.settled


def test_what_the_rest_of_the_budget_may_tell_apart_is_undecided():
    weights, errors, sizes = [1.0, 0.85, 0.0], [0.06, 0.06, 0.06], (100, 1000)
    early = judged(weights, errors, [0, 1], sizes=sizes)
    assert early.undecided == ((0, 1),)
    assert not early.decided
    late = judged(weights, errors, [0, 1], sizes=sizes, taken=2)
    assert late.close == ((0, 1),)
    assert late.decided
    assert not late.settled


def test_one_hopeless_choice_ends_it_whatever_else_is_open():
    # 1 and 2 are equal and known well; the order of 0 and 1 is open, and would not make the answer settled.
    found = judged([1.0, 0.9, 0.9], [0.1, 0.005, 0.005], [0, 1], width=0.5, sizes=(900, 1000))
    assert found.choice == "close"
    assert found.rivals == (1, 2)
    assert found.decided
    assert not found.settled


def test_an_equal_gap_at_the_start_is_not_given_up():
    """With a twentieth of the draws a gap of 0 says little: the rest moves it by more than its final error."""
    found = judged([1.0, 0.5, 0.5], [0.05, 0.05, 0.05], [0, 1], sizes=(250, 5000))
    assert found.choice == "undecided"
    assert not found.decided


def test_what_is_given_up_is_seldom_decided_by_the_end():
    """Of the comparisons that are given up at most the stated share would have been decided by the end of the budget.

    A gap of 0 draws is uniform here, so that what will come has the law that the rule takes it to have.
    """
    rng = np.random.default_rng(5)
    sizes, trials, given_up, decided = (1000, 2000), 20_000, 0, 0
    error, last = 0.1, 0.1 * 2.0**-RATE
    for gap in rng.uniform(-1.0, 1.0, size=trials):
        seen = gap + error * rng.normal()
        if seen < 0:
            continue
        # `look` takes the error of a gap as that of two weights.
        one = judged([2.0, 1.0 + seen, 1.0], [0.0, error, 0.0], [0, 1], width=9.0, sizes=sizes)
        if one.choice != "close":
            continue
        given_up += 1
        later = seen + np.sqrt(error**2 - last**2) * rng.normal()
        decided += judged([2.0, 1.0 + later, 1.0], [0.0, last, 0.0], [0, 1], width=9.0, sizes=sizes, taken=2).settled
    assert given_up > 500
    assert decided / given_up < HOPELESS


def test_looks_share_what_may_go_wrong_by_their_draws():
    sizes = look_sizes(13, 4999)
    shares = [error_share(sizes, taken) for taken in range(1, len(sizes) + 1)]
    assert sum(shares) == pytest.approx(1.0)
    assert shares == sorted(shares)
    # A gap between the quantiles of one look and of the second of two that are alike in draws but for one.
    gap = 0.05 * np.sqrt(2) * 0.5 * (-ndtri(0.025 / 2) - ndtri(0.025 / 4))
    once = judged([1.0, 1.0 - gap, 0.0], [0.05, 0.05, 0.05], [0, 1])
    often = judged([1.0, 1.0 - gap, 0.0], [0.05, 0.05, 0.05], [0, 1], sizes=(99, 100), taken=2)
    assert not once.close
    assert often.close


def test_nothing_to_see_is_settled():
    assert judged([0.0, 0.0], [0.0, 0.0], [0, 1]).settled
    assert Look(0.0).settled


@pytest.mark.parametrize(
    "wrong", [{"confidence": 1.0}, {"confidence": 0.2}, {"width": 0.0}, {"budget": 1}, {"budget": 2.5}]
)
def test_what_cannot_be_asked_for_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name}="):
        Auto(**wrong)


def test_confident_order_claims_are_right_as_often_as_stated():
    """Of two equal weights none is called larger more often than the confidence allows."""
    rng = np.random.default_rng(0)
    trials, wrong = 4000, 0
    for _ in range(trials):
        weights = np.array([1.0, 1.0, 0.0]) + rng.normal(size=3) * 0.05
        found = judged(weights, [0.05] * 3, [0, 1], width=1e-3)
        wrong += not (found.undecided or found.alike or found.close)
    # Two one-sided statements share 0.05 among two gaps; the order itself is taken from the data, so both sides count.
    bound = 0.025
    assert wrong / trials <= bound + 4 * np.sqrt(bound * (1 - bound) / trials)


def test_a_model_that_is_constant_on_the_first_draws_is_looked_at_once_more():
    assert not judged([0.0, 0.0], [0.0, 0.0], [0, 1], sizes=(10, 100)).decided


def test_steps_of_a_forward_selection_are_contests_with_errors_of_their_own():
    rng = np.random.default_rng(4)
    z = rng.normal(size=(400, 5)) @ rng.normal(size=(5, 5))
    truth = np.array([1.0, -0.7, 0.4, 0.2, 0.0])
    gram = z.T @ z

    class Given:
        d, diagonal = 5, gram.diagonal()

        def __init__(self, weights):
            self.cross = (gram @ weights)[:, None]

        def column(self, feature):
            return gram[:, feature]

    chosen = forward_selection(Given(truth), 0, 3)  # type: ignore[arg-type]
    errors = np.array([0.05, 0.02, 0.03, 0.04, 0.01])
    found = forward_contests(gram, chosen, truth, errors)
    assert [one.chosen for one in found] == chosen.tolist()
    assert all(one.gap > 0 for one in found)
    # The gap at each step moves with the weights as its error says: the delta method against 4000 perturbed fits,
    # whose standard deviation is known to 1 / sqrt(2 * 4000), a hundredth and a bit.
    moved = truth + errors * rng.normal(size=(4000, 5)) * 0.01
    gaps = np.array([[one.gap for one in forward_contests(gram, chosen, weights, errors)] for weights in moved])
    np.testing.assert_allclose(gaps.std(axis=0) / 0.01, [one.error for one in found], rtol=0.05)
    # A rival that is as strong at a step is no weaker for having a small weight in the fit of all.
    close = forward_contests(gram, chosen[:1], truth, errors)[0]
    pulls = np.abs(gram @ truth) / np.sqrt(gram.diagonal())
    assert close.gap == pytest.approx(pulls[close.chosen] - pulls[close.other])
