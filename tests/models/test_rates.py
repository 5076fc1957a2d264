"""Limits of calls and tokens a minute, on a clock that those who wait move on."""

import asyncio
from itertools import pairwise

import numpy as np
import pytest

from lime.models.rates import MINUTE, Clock, RateLimiter


class Moved:
    def __init__(self):
        self.time = 0.0

    def clock(self):
        return Clock(lambda: self.time, self.sleep)

    async def sleep(self, seconds):
        self.time += seconds
        await asyncio.sleep(0)


def started(calls, tokens, costs, takes=0.0):
    """When calls begin and end, one after the other."""
    moved = Moved()

    async def run():
        limiter = RateLimiter(calls, tokens, moved.clock())
        found = []
        for cost in costs:
            call = await limiter.start(cost)
            begun = moved.time
            moved.time += takes
            limiter.end(call)
            found.append((begun, moved.time, cost))
        return found

    return asyncio.run(run())


def heaviest_minute(found, what):
    """The most of something that a server may count in any minute, whenever a call arrives between start and end."""
    edges = [time for begun, ended, _ in found for time in (begun, ended)]
    minutes = ([one for one in found if one[1] > low and one[0] <= low + MINUTE] for low in edges)
    return max(sum(what(cost) for _, _, cost in minute) for minute in minutes)


def test_without_limits_nobody_waits():
    assert started(None, None, [5] * 10) == [(0.0, 0.0, 5)] * 10


@pytest.mark.parametrize("takes", [0.0, 0.5, 7.0])
def test_no_minute_has_too_many_calls(takes):
    found = started(6, None, [1] * 40, takes)
    assert heaviest_minute(found, lambda cost: 1) <= 6
    assert found[-1][1] <= (40 // 6 + 1) * (MINUTE + 6 * takes) + 1.0


@pytest.mark.parametrize("takes", [0.0, 0.5])
def test_no_minute_has_too_many_tokens(takes):
    costs = np.random.default_rng(0).integers(1, 60, size=50).tolist()
    found = started(None, 100, costs, takes)
    assert heaviest_minute(found, lambda cost: cost) <= 100


def test_a_call_counts_from_its_end():
    found = started(1, None, [1, 1, 1], takes=30.0)
    assert [later[0] - earlier[1] for earlier, later in pairwise(found)] == pytest.approx([MINUTE, MINUTE])


def test_who_waits_for_calls_under_way_looks_again_when_they_have_ended():
    moved = Moved()

    async def run():
        limiter = RateLimiter(1, None, moved.clock())
        first = await limiter.start(0)
        second = asyncio.create_task(limiter.start(0))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not second.done()
        ended = moved.time
        limiter.end(first)
        await second
        return moved.time - ended

    assert asyncio.run(run()) >= MINUTE


def test_more_tokens_than_a_minute_has_are_refused():
    with pytest.raises(ValueError, match="one call costs 101 tokens, and tokens_per_minute=100"):
        started(None, 100, [101])
