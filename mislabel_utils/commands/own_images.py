"""A verdict on a reader's own images: did a student of nothing but wrong labels learn from them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from mislabel_utils.commands.chapters import ChapterError
from mislabel_utils.learning import datasets
from mislabel_utils.recording.runs import Run
from mislabel_utils.showing.claims import Table
from mislabel_utils.showing.stats import wilson


@dataclass(frozen=True)
class Outcome:
    """What one seed of the experiment gave.

    Attributes
    ----------
    seed : of the teacher and the student
    teacher_train, teacher_test : accuracies of the teacher, in [0, 1]
    train_images : how many the teacher was trained on
    mistakes : how many of them it gets wrong; all that the student sees
    taught, classes : how many classes occur among the wrong labels, of how many
    right, test_images : how many test images the student gets right, of how many
    constant : test accuracy of the best constant answer, chosen with hindsight, in [0, 1]
    guessing : expected test accuracy of drawing answers as often as the wrong labels have them
    """

    seed: int
    teacher_train: float
    teacher_test: float
    train_images: int
    mistakes: int
    taught: int
    classes: int
    right: int
    test_images: int
    constant: float
    guessing: float

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the student's test accuracy."""
        return wilson(self.right, self.test_images)

    @property
    def learned(self) -> bool:
        """Whether that interval lies above the best constant answer, so above any guessing."""
        return self.interval[0] > self.constant


def outcome(name: str, seed: int, runs: Mapping[str, Run] | Any) -> Outcome:
    """Measure the runs of one seed.

    Parameters
    ----------
    name : what `datasets.load` loads; the experiment was run on it
    runs : what the experiment returned; "teacher" and "student" are looked at

    Raises
    ------
    ChapterError
        When the experiment returned no teacher and student.
    """
    if not isinstance(runs, Mapping) or not {"teacher", "student"} <= runs.keys():
        raise ChapterError(
            "This chapter's experiment returns no teacher and student, so there is no verdict "
            "on other data: leave --data out."
        )
    teacher, student = runs["teacher"], runs["student"]
    dataset = datasets.load(name)
    train, test, classes = dataset.train, dataset.test, len(dataset.classes)
    said = teacher.predict(train)
    shown = torch.bincount(said[said != train.labels], minlength=classes).double()
    true = torch.bincount(test.labels, minlength=classes).double() / len(test)
    return Outcome(
        seed=seed,
        teacher_train=teacher.accuracy(train),
        teacher_test=teacher.accuracy(test),
        train_images=len(train),
        mistakes=int(shown.sum()),
        taught=int((shown > 0).sum()),
        classes=classes,
        right=int((student.predict(test) == test.labels).sum()),
        test_images=len(test),
        constant=true.max().item(),
        guessing=(shown / shown.sum() @ true).item(),
    )


def table(outcomes: Sequence[Outcome]) -> Table:
    """One column a seed, one row for each thing that was measured."""

    def percent(share: float) -> str:
        return f"{100 * share:.2f} %"

    def column(o: Outcome) -> list[str]:
        low, high = o.interval
        return [
            percent(o.teacher_train),
            percent(o.teacher_test),
            f"{o.mistakes:,} of {o.train_images:,}",
            f"{o.taught} of {o.classes}",
            f"{percent(o.right / o.test_images)} [{100 * low:.2f}, {100 * high:.2f}]",
            f"{o.test_images:,}",
            percent(o.constant),
            percent(o.guessing),
            "yes" if o.learned else "no",
        ]

    rows = [
        "Teacher: training accuracy",
        "Teacher: test accuracy",
        "Its mistakes, all that the student sees",
        "Classes among these wrong labels",
        "Student: test accuracy [95 % interval]",
        "True test images",
        "Chance: best constant answer",
        "Chance: guessing like the wrong labels",
        "Learned from wrong labels",
    ]
    columns = [column(o) for o in outcomes]
    return Table(
        ["Measured", *(f"Seed {o.seed}" for o in outcomes)],
        [list(row) for row in zip(rows, *columns, strict=True)],
    )


def verdict(outcomes: Sequence[Outcome]) -> str:
    """The answer in plain words."""
    learned = sum(o.learned for o in outcomes)
    if learned == len(outcomes):
        word = "yes"
    else:
        word = "no" if learned == 0 else f"in {learned} of {len(outcomes)} seeds"
    return (
        f"Learned from wrong labels: {word}. (Yes means that the 95 % interval of the student's "
        "accuracy on the true test images lies above the best constant answer.)"
    )


def aligned(table: Table) -> str:
    """The table for a terminal, its columns below each other."""
    lines = [table.columns, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
