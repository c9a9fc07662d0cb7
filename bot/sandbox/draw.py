"""Chance that falls the same way on every machine and in every version of Python."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Of Python's generators only `random()` is promised to stay as it is; all else rests on it."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random  # noqa: S311  a story, not a secret

    def below(self, number: int) -> int:
        """0 to `number` - 1."""
        return int(self._random() * number)

    def between(self, least: int, most: int) -> int:
        """Both of them included."""
        return least + self.below(most - least + 1)

    def chance(self, share: float) -> bool:
        return self._random() < share

    def pick(self, among: Sequence[T]) -> T:
        return among[self.below(len(among))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """A key, as often as its share of all weights."""
        left = self._random() * sum(weights.values())
        for key, weight in weights.items():
            left -= weight
            if left < 0:
                return key
        return key

    def shuffled(self, among: Sequence[T]) -> list[T]:
        mixed = list(among)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.below(last + 1)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed
