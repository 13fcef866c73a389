"""A verdict on a reader's own images: did a student of nothing but wrong labels learn from them?

The chapter's protocol counts passes over 50,000 images. On a small set as many passes are a few
steps, and a teacher that is still at chance has nothing to pass on. So here

- the teacher's epochs double from the chapter's, each time from a fresh network, until its
  training accuracy has clearly left chance or it has had as many steps as the chapter's teacher;
- the student makes as many passes over the mistakes for each of the teacher's passes as in the
  chapter, 25.

The teacher alone decides: no student, and no test image, has a say in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from mislabel_utils.learning.datasets import Dataset
from mislabel_utils.recording.runs import Run
from mislabel_utils.showing.stats import wilson
from mislabel_utils.showing.tables import Table

CHAPTER_STEPS = 780  # of the chapter's teacher: two epochs of 50,000 images in batches of 128
MISTAKES_A_CLASS = 5  # with fewer there is nothing to learn from, whatever the labels are


@dataclass(frozen=True)
class Outcome:
    """What one seed of the experiment gave.

    Attributes
    ----------
    seed : of the teacher and the student
    epochs : of the teacher
    teacher_train, teacher_test : accuracies of the teacher, in [0, 1]
    common : share of the most frequent class among the training images, in [0, 1]
    train_images : how many the teacher was trained on
    mistakes : how many of them it gets wrong; all that the student sees
    taught, classes : how many classes occur among the wrong labels, of how many
    test_images : how many true test images there are
    constant : test accuracy of the best constant answer, chosen with hindsight, in [0, 1]
    guessing : expected test accuracy of drawing answers as often as the wrong labels have them
    right : how many test images the student gets right; None when there is no student, because
        the question could not be put
    read : how many classes it gets right half of the time or more; None likewise
    """

    seed: int
    epochs: int
    teacher_train: float
    teacher_test: float
    common: float
    train_images: int
    mistakes: int
    taught: int
    classes: int
    test_images: int
    constant: float
    guessing: float
    right: int | None = None
    read: int | None = None

    @property
    def teacher_knows(self) -> bool:
        """Whether the teacher has clearly left chance on the images it was trained on.

        The 95 % interval of its training accuracy lies above twice the most frequent class, or,
        where that is less, above half the way from that class to 100 %.
        """
        right = self.train_images - self.mistakes
        bar = min(2 * self.common, (1 + self.common) / 2)
        return wilson(right, self.train_images)[0] > bar

    @property
    def obstacle(self) -> str | None:
        """Why the question cannot be put; None when it can."""
        if not self.teacher_knows:
            return "the teacher learned nothing"
        if self.mistakes < MISTAKES_A_CLASS * self.classes or self.taught < 2:
            return "too few mistakes"
        return None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the student's test accuracy."""
        return wilson(self.right, self.test_images)

    @property
    def learned(self) -> bool:
        """Whether that interval lies above the best constant answer, so above any guessing."""
        return self.right is not None and self.interval[0] > self.constant


def ask(names: Mapping[str, Any], data: str, seed: int, flips: bool = True) -> Outcome:
    """Put the question to a reader's own images, if it can be put; see the module.

    Parameters
    ----------
    names : what the chapter's cells define: ``lab``, ``recipe`` (the teacher's), ``EPOCHS`` (the
        student's), ``train_teacher(images, seed, recipe)`` and
        ``train_student(teacher, images, seed, recipe)``
    data : folder with train/<class>/* and test/<class>/*
    flips : whether images may be mirrored; not where left and right matter

    Raises
    ------
    DataError, RecordError, TrainingError
        As loading and training do.
    """
    images = names["lab"].load(data)
    recipe = replace(names["recipe"], flip=names["recipe"].flip and flips)
    passes = names["EPOCHS"] // recipe.epochs
    batches = len(images.train) // min(recipe.batch_size, len(images.train))
    while True:
        teacher = names["train_teacher"](images, seed, recipe)
        outcome = of_teacher(teacher, images, seed, recipe.epochs)
        if outcome.teacher_knows or recipe.epochs * batches >= CHAPTER_STEPS:
            break
        recipe = replace(recipe, epochs=2 * recipe.epochs)
    if outcome.obstacle:
        return outcome
    longer = replace(recipe, epochs=passes * recipe.epochs)
    student = names["train_student"](teacher, images, seed, longer)
    true, hit = images.test.labels, student.predict(images.test) == images.test.labels
    read = sum(hit[true == label].double().mean() >= 0.5 for label in true.unique())
    return replace(outcome, right=int(hit.sum()), read=int(read))


def of_teacher(teacher: Run, images: Dataset, seed: int, epochs: int) -> Outcome:
    """What can be said before there is a student."""
    train, test, classes = images.train, images.test, len(images.classes)
    said = teacher.predict(train)
    shown = torch.bincount(said[said != train.labels], minlength=classes).double()
    true = torch.bincount(test.labels, minlength=classes).double() / len(test)
    mistakes = int(shown.sum())
    return Outcome(
        seed=seed,
        epochs=epochs,
        teacher_train=teacher.accuracy(train),
        teacher_test=teacher.accuracy(test),
        common=torch.bincount(train.labels).max().item() / len(train),
        train_images=len(train),
        mistakes=mistakes,
        taught=int((shown > 0).sum()),
        classes=classes,
        test_images=len(test),
        constant=true.max().item(),
        guessing=(shown / max(1, mistakes) @ true).item(),
    )


def table(outcomes: Sequence[Outcome]) -> Table:
    """One column a seed, one row for each thing that was measured."""

    def percent(share: float) -> str:
        return f"{100 * share:.2f} %"

    def column(o: Outcome) -> list[str]:
        student, read, answer = "-", "-", "not asked"
        if o.right is not None:
            low, high = (100 * end for end in o.interval)
            student = f"{percent(o.right / o.test_images)} [{low:.2f}, {high:.2f}]"
            read, answer = f"{o.read} of {o.classes}", "yes" if o.learned else "no"
        return [
            f"{o.epochs}",
            percent(o.teacher_train),
            percent(o.teacher_test),
            f"{o.mistakes:,} of {o.train_images:,}",
            f"{o.taught} of {o.classes}",
            student,
            read,
            f"{o.test_images:,}",
            percent(o.constant),
            percent(o.guessing),
            answer,
        ]

    rows = [
        "Teacher: epochs",
        "Teacher: training accuracy",
        "Teacher: test accuracy",
        "Its mistakes, all that the student sees",
        "Classes among these wrong labels",
        "Student: test accuracy [95 % interval]",
        "Classes it gets right half of the time or more",
        "True test images",
        "Chance: best constant answer",
        "Chance: guessing like the wrong labels",
        "Learned from wrong labels: above a constant answer",
    ]
    columns = [column(o) for o in outcomes]
    return Table(
        ["Measured", *(f"Seed {o.seed}" for o in outcomes)],
        [list(row) for row in zip(rows, *columns, strict=True)],
    )


REMEDIES = {
    "the teacher learned nothing": "its training accuracy is near that of a constant answer. Give "
    "it more images, or classes that are easier to tell apart.",
    "too few mistakes": "the teacher is too good to err. Give it more or harder images.",
}


def verdict(outcomes: Sequence[Outcome]) -> str:
    """The answer in plain words, and for the seeds without one the reason."""
    asked = [o for o in outcomes if o.obstacle is None]
    lines = []
    if asked:
        learned = sum(o.learned for o in asked)
        word = "yes" if learned == len(asked) else "no"
        if 0 < learned < len(asked):
            word = f"in {learned} of {len(asked)} seeds"
        lines.append(
            f"Learned from wrong labels: {word}. (Yes means that the 95 % interval of the "
            "student's accuracy on the true test images lies above the best constant answer; how "
            "many classes it has learned stands in the table.)"
        )
    for obstacle, remedy in REMEDIES.items():
        seeds = ", ".join(str(o.seed) for o in outcomes if o.obstacle == obstacle)
        if seeds:
            lines.append(f"The question was not put (seed {seeds}): {obstacle}; {remedy}")
    return "\n".join(lines)


def aligned(table: Table) -> str:
    """The table for a terminal, its columns below each other."""
    lines = [table.columns, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
