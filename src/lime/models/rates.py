"""Limits of calls and tokens a minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

MINUTE = 60.0
POLL = 0.05
"""Seconds until one looks again where all that counts is still under way."""


@dataclass(frozen=True)
class Clock:
    """What tells the time and waits.

    Attributes
    ----------
    now : callable
        Seconds, from any beginning.
    sleep : callable
        Waits for some seconds.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


SYSTEM_CLOCK = Clock()


@dataclass
class Spent:
    """A call that counts.

    Attributes
    ----------
    tokens : int
    ended : float or None
        When it ended; None while it is under way.
    """

    tokens: int
    ended: float | None = None


class RateLimiter:
    """Holds calls back so that no minute has too many, whenever they arrive at the other end.

    A call counts until a minute after its end: when between its start and its end it was counted there is not known.

    Parameters
    ----------
    calls, tokens : int or None
        Most of them in any minute.
    clock : Clock
    """

    def __init__(self, calls: int | None, tokens: int | None, clock: Clock) -> None:
        self._calls, self._tokens, self._clock = calls, tokens, clock
        self._spent: list[Spent] = []
        self._in_turn = asyncio.Lock()

    async def start(self, tokens: int) -> Spent:
        """Wait until there is room for a call.

        Parameters
        ----------
        tokens : int
            What it costs.

        Returns
        -------
        Spent
            To be handed to `end`.

        Raises
        ------
        ValueError
            If no minute has room for so many tokens.
        """
        if self._tokens is not None and tokens > self._tokens:
            raise ValueError(
                f"one call costs {tokens} tokens, and tokens_per_minute={self._tokens} has no room for it: "
                "pass a smaller batch_size"
            )
        async with self._in_turn:
            while (wait := self._wait(tokens)) > 0.0:
                await self._clock.sleep(wait)
            call = Spent(tokens)
            if self._calls is not None or self._tokens is not None:
                self._spent.append(call)
            return call

    def end(self, call: Spent) -> None:
        """Note that a call has ended, with an answer or without.

        Parameters
        ----------
        call : Spent
        """
        call.ended = self._clock.now()

    def _wait(self, tokens: int) -> float:
        """Seconds until it is worth to look again; 0 where there is room."""
        now = self._clock.now()
        self._spent = [one for one in self._spent if one.ended is None or one.ended + MINUTE > now]
        many = self._calls is not None and len(self._spent) >= self._calls
        large = self._tokens is not None and sum(one.tokens for one in self._spent) + tokens > self._tokens
        if not (many or large):
            return 0.0
        ended = [one.ended for one in self._spent if one.ended is not None]
        return max(min(ended) + MINUTE - now, 1e-3) if ended else POLL
