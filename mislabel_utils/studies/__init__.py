"""A module for each chapter: its arms in code and in words, and its protocol.

Chapter, evidence page, ``make reproduce`` and the tests import the same module. A study has no
figure and no prose. It defines ``ARMS``, ``SEEDS``, ``load(lab)``, the data that it needs, and
``experiment(lab, seed)``, which trains every network of a seed, or finds it recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import NamedTuple, TypeVar

import numpy as np

from mislabel_utils.lab import Lab
from mislabel_utils.learning import adversarial
from mislabel_utils.learning.datasets import Dataset, Split
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.runs import Run

Settings = TypeVar("Settings")


class Arm(NamedTuple):
    """What an experimental condition is called in words, and what it is there for."""

    name: str  # in words; two arms of a study have different names
    role: str  # "teacher", "student", or "control"
    labels: str  # those of a "teacher" network, "true" or "other" ones, or "" if it learns none

    @classmethod
    def teacher(cls, name: str, labels: str = "true") -> Arm:
        return cls(name, "teacher", labels)

    @classmethod
    def student(cls, name: str) -> Arm:
        return cls(name, "student", "teacher")

    @classmethod
    def control(cls, name: str, labels: str = "other") -> Arm:
        return cls(name, "control", labels)


@dataclass
class Trial:
    """One seed of a study, and its networks so far."""

    lab: Lab
    seed: int
    images: Dataset  # what is learnt, and tested on
    prefix: str = ""  # of its arms in the records
    runs: dict[str, Run] = field(default_factory=dict)  # by arm, without the prefix
    described: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)  # likewise

    def teach(self, arm: str, on: Split | TrainingSet, recipe: Recipe) -> Run:
        """A teacher, asked about all training images."""
        return self.train(arm, on, recipe, self.seed, [self.images.train])

    def learn(
        self, arm: str, on: Split | TrainingSet, recipe: Recipe, also: Sequence[Split] = ()
    ) -> Run:
        """A student, of another seed than its teacher: it starts from other weights."""
        return self.train(arm, on, recipe, 1000 + self.seed, also)

    def train(
        self, arm: str, on: Split | TrainingSet, recipe: Recipe, seed: int,
        also: Sequence[Split] = (),
    ) -> Run:  # fmt: skip
        """A network of this seed; the splits of `also` are asked about beside the test images."""
        self.runs[arm] = self.lab.train(
            on, recipe, seed=seed, arm=self.prefix + arm, test=self.images.test, also=also
        )
        return self.runs[arm]

    def describe(self, arm: str, attacked: Run, on: TrainingSet) -> None:
        """Keep what an attacked network says of a set, see `adversarial.described`."""
        config = {
            "experiment": "described",
            "protocol": adversarial.PROTOCOL,
            "run": attacked.id,
            "images": on.inputs.name,
            "labels": on.source,
        }
        self.described[arm] = self.lab.measure(
            f"{self.prefix}described-{arm}", self.seed, config,
            lambda: adversarial.described(attacked, on),
        )  # fmt: skip


def at_scale(lab: Lab, usual: Settings, **quick) -> Settings:
    """Settings, a dataclass; at quick scale with these changes, for a minute's work."""
    return replace(usual, **quick) if lab.scale == "quick" else usual


def study(chapter: str) -> ModuleType | None:
    """The study of a chapter; None where it has none (yet, or is a chapter of the reader's)."""
    name = f"{__name__}.{chapter}"
    named = chapter.isidentifier() and not chapter.startswith("_")
    return import_module(name) if named and find_spec(name) else None
