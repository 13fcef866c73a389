"""What the runs of a chapter gave, seed by seed, and the texts that say so."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

from mislabel_utils.learning.datasets import Split
from mislabel_utils.recording.runs import Run
from mislabel_utils.report.stats import Estimate, estimate
from mislabel_utils.report.tables import interval_text


class PerSeed(Mapping[Hashable, float]):
    """One number for each seed or pair of seeds; a difference pairs those that both have.

    >>> (PerSeed({0: 0.5, 1: 0.75}) - PerSeed({1: 0.25})).numbers
    [0.5]
    """

    def __init__(self, by_seed: Mapping[Hashable, float]) -> None:
        self._by_seed = {seed: float(number) for seed, number in by_seed.items()}

    def __getitem__(self, seed: Hashable) -> float:
        return self._by_seed[seed]

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._by_seed)

    def __len__(self) -> int:
        return len(self._by_seed)

    def __sub__(self, other: PerSeed | float) -> PerSeed:
        if isinstance(other, PerSeed):
            return PerSeed({seed: self[seed] - other[seed] for seed in self if seed in other})
        return PerSeed({seed: number - other for seed, number in self.items()})

    @property
    def numbers(self) -> list[float]:
        return list(self.values())

    @property
    def mean(self) -> float:
        return sum(self.values()) / len(self)

    def estimate(self, unit: str = "%") -> Estimate:
        """The mean, its intervals and the range; in per cent or points unless they count images.

        Raises
        ------
        ValueError
            When there is no seed.
        """
        factor = 1 if unit == "images" else 100
        return estimate([factor * number for number in self.values()], unit)

    def text(self, unit: str = "%") -> str:
        """As `tables.interval_text` puts it, in "%", "points" or "images"."""
        return interval_text(self.estimate(unit), unit)


class Results:
    """The runs of an experiment by seed and arm.

    Parameters
    ----------
    runs : for each seed what the experiment returned, its runs by arm; an arm may lack seeds
    test : the images on which accuracy is measured, where no others are named
    """

    def __init__(self, runs: Mapping[int, Mapping[str, Run]], test: Split) -> None:
        self._runs, self._test = runs, test

    def __getitem__(self, seed: int) -> Mapping[str, Run]:
        return self._runs[seed]

    def __iter__(self) -> Iterator[int]:
        """The seeds."""
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def first(self) -> Mapping[str, Run]:
        """The runs of the first seed, whichever a reader has chosen: those that are drawn."""
        return next(iter(self._runs.values()))

    def runs(self, arm: str) -> dict[int, Run]:
        """By seed, where the arm has one.

        Raises
        ------
        ValueError
            When no seed has this arm.
        """
        found = {seed: runs[arm] for seed, runs in self._runs.items() if arm in runs}
        if not found:
            known = sorted({arm for runs in self._runs.values() for arm in runs})
            raise ValueError(f"No run of {arm!r}: the arms are {', '.join(known)}.")
        return found

    def accuracy(self, arm: str, on: Split | None = None) -> PerSeed:
        """Accuracies of an arm, in [0, 1].

        Raises
        ------
        ValueError
            When no seed has this arm.
        """
        split = self._test if on is None else on
        return PerSeed({seed: run.accuracy(split) for seed, run in self.runs(arm).items()})

    def each(self, measure: Callable[[Mapping[str, Run]], Any]) -> PerSeed:
        """Something else of the runs of each seed: `measure` returns one number."""
        return PerSeed({seed: measure(runs) for seed, runs in self._runs.items()})
