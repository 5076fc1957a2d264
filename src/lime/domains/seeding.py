"""Where an explainer's random numbers come from: a seed of every call, or a stream that calls advance."""

from __future__ import annotations

import copy
from typing import Self

import numpy as np
from sklearn.utils import check_random_state


class Seeded:
    """What has a seed, and copies of itself with other seeds.

    Attributes
    ----------
    random_state : RandomState
        May be replaced; calls then draw from the new one.
    """

    random_state: np.random.RandomState
    _seed: int | None = None

    def current_seed(self) -> int | None:
        """The seed of every call; None where calls draw from a stream.

        Returns
        -------
        int or None
        """
        return self._seed if self._seed is not None and self.random_state is self._seeded_state else None

    def seed_with(self, random_state: int | np.random.RandomState | None) -> None:
        """Take an int as the seed of every call, a RandomState as a stream that calls advance.

        Parameters
        ----------
        random_state : int, RandomState or None
            None is fresh entropy.

        Raises
        ------
        ValueError
            If it is none of these.
        """
        try:
            self.random_state = check_random_state(random_state)
        except ValueError as error:
            raise ValueError(
                f"random_state={random_state!r}: expected a whole number from 0 to 2^32 - 1, a numpy RandomState, "
                "or None"
            ) from error
        self._seed = int(random_state) if isinstance(random_state, int | np.integer) else None
        self._seeded_state = self.random_state

    def new_generator(self) -> np.random.Generator:
        """Random numbers of one call: the same for every call of an explainer with an int as seed.

        Returns
        -------
        numpy.random.Generator
        """
        seed = self.current_seed()
        if seed is not None:
            return np.random.default_rng(seed)
        state = check_random_state(self.random_state)
        return np.random.default_rng(state.randint(0, 2**32, size=4, dtype=np.uint32))

    def independent_copies(self, count: int) -> list[Self]:
        """Copies of this explainer with seeds of their own, independent of each other's and of its own.

        They derive from the seed of an explainer with an int, and from the next number of its stream otherwise.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        list of explainers
        """
        seed = self.current_seed()
        if seed is not None:
            root = np.random.SeedSequence(seed, spawn_key=(1,))
        else:
            state = check_random_state(self.random_state)
            root = np.random.SeedSequence(state.randint(0, 2**32, size=4, dtype=np.uint32).tolist())
        copies = []
        for child in root.spawn(count):
            other = copy.copy(self)
            other.seed_with(int(child.generate_state(1)[0]))
            copies.append(other)
        return copies
