"""A verdict on a reader's own images: did a student of nothing but wrong labels learn from them?

On a small set the chapter's two passes are a few steps, and a teacher that is still at chance has
nothing to pass on. So the teacher's epochs double, each time from a fresh network, until its
training accuracy has clearly left chance or it has had as many steps as the chapter's; the student
makes 25 passes for each of the teacher's, as there. No student, and no test image, has a say in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType

import pandas as pd

from mislabel_utils.lab import Lab
from mislabel_utils.learning.datasets import DataError, Dataset, Split
from mislabel_utils.recording.runs import Run
from mislabel_utils.report.stats import wilson

CHAPTER_STEPS = 780  # of the chapter's teacher: two epochs of 50,000 images in batches of 128
MISTAKES_A_CLASS = 5  # with fewer there is nothing to learn from, whatever the labels are


@dataclass(frozen=True)
class Outcome:
    """What one seed of the experiment gave; shares in [0, 1]."""

    seed: int
    epochs: int  # of the teacher
    teacher_test: float  # its test accuracy
    common: float  # share of the most frequent class among the training images
    train_images: int
    mistakes: int  # of the teacher's on them; all that the student sees
    taught: int  # how many classes occur among the wrong labels
    classes: int  # of how many
    test_images: int
    constant: float  # test accuracy of the best constant answer, chosen with hindsight
    right: int | None = None  # test images the student gets right; None where it was not asked
    read: int | None = None  # classes it gets right half of the time or more; None likewise

    @property
    def teacher_knows(self) -> bool:
        """Whether the teacher has clearly left chance on the images it was trained on."""
        right = self.train_images - self.mistakes
        return wilson(right, self.train_images)[0] > bar(self.common)

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


def bar(share: float) -> float:
    """What the interval of a teacher's training accuracy has to pass.

    Twice the share of the most frequent class or, where that is less, half the way from it to 1.
    """
    return min(2 * share, (1 + share) / 2)


def require_enough(images: Dataset) -> None:
    """Raise a DataError where no training could end in a yes."""
    count, tests = len(images.train), len(images.test)
    wrong = MISTAKES_A_CLASS * len(images.classes)
    if wilson(max(0, count - wrong), count)[0] <= bar(common(images.train)):
        raise DataError(
            f"{count} training pictures are too few for an answer: a teacher that makes {wrong} "
            "mistakes, as it has to, is not clearly better than a constant answer. Add more."
        )
    if wilson(tests, tests)[0] <= common(images.test):
        raise DataError(
            f"{tests} test pictures are too few for an answer: with all of them right a student "
            "would not be clearly better than a constant answer. Add more."
        )


def ask(study: ModuleType, lab: Lab, data: str, seed: int, flips: bool = True) -> Outcome:
    """Put the question to a reader's own images, if it can be put; see the module.

    Parameters
    ----------
    study : defines ``RECIPE`` (the teacher's), ``EPOCHS`` (the student's),
        ``train_teacher(lab, images, seed, recipe)`` and
        ``train_student(lab, teacher, images, seed, recipe)``
    data : folder with train/<class>/* and test/<class>/*
    flips : whether images may be mirrored; not where left and right matter
    """
    images = lab.load(data)
    recipe = replace(study.RECIPE, flip=study.RECIPE.flip and flips)
    passes = study.EPOCHS // recipe.epochs
    batches = len(images.train) // min(recipe.batch_size, len(images.train))
    while True:
        teacher = study.train_teacher(lab, images, seed, recipe)
        outcome = of_teacher(teacher, images, seed, recipe.epochs)
        if outcome.teacher_knows or recipe.epochs * batches >= CHAPTER_STEPS:
            break
        recipe = replace(recipe, epochs=2 * recipe.epochs)
    if outcome.obstacle:
        return outcome
    longer = replace(recipe, epochs=passes * recipe.epochs)
    student = study.train_student(lab, teacher, images, seed, longer)
    true, hit = images.test.labels, student.predict(images.test) == images.test.labels
    read = sum(hit[true == label].double().mean() >= 0.5 for label in true.unique())
    return replace(outcome, right=int(hit.sum()), read=int(read))


def of_teacher(teacher: Run, images: Dataset, seed: int, epochs: int) -> Outcome:
    """What can be said before there is a student."""
    train, test, said = images.train, images.test, teacher.predict(images.train)
    shown = said[said != train.labels]
    return Outcome(
        seed=seed,
        epochs=epochs,
        teacher_test=teacher.accuracy(test),
        common=common(train),
        train_images=len(train),
        mistakes=len(shown),
        taught=len(shown.unique()),
        classes=len(images.classes),
        test_images=len(test),
        constant=common(test),
    )


def common(half: Split) -> float:
    """The share of the most frequent class, which is what the best constant answer gets right."""
    return half.labels.bincount().max().item() / len(half)


def table(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """One column a seed, one row for each thing that was measured, as text."""

    def column(o: Outcome) -> dict[str, str]:
        student, read, answer = "-", "-", "not asked"
        if o.right is not None:
            low, high = (100 * end for end in o.interval)
            student = f"{o.right / o.test_images:.2%} [{low:.2f}, {high:.2f}]"
            read, answer = f"{o.read} of {o.classes}", "yes" if o.learned else "no"
        return {
            "Teacher: epochs": f"{o.epochs}",
            "Teacher: training accuracy": f"{1 - o.mistakes / o.train_images:.2%}",
            "Teacher: test accuracy": f"{o.teacher_test:.2%}",
            "Its mistakes, all that the student sees": f"{o.mistakes:,} of {o.train_images:,}",
            "Classes among these wrong labels": f"{o.taught} of {o.classes}",
            "Student: test accuracy [95% interval]": student,
            "Classes it gets right half of the time or more": read,
            "True test images": f"{o.test_images:,}",
            "Chance: best constant answer": f"{o.constant:.2%}",
            "Learned from wrong labels: above a constant answer": answer,
        }

    made = pd.DataFrame({f"Seed {o.seed}": column(o) for o in outcomes})
    return made.rename_axis(columns="Measured")


REMEDIES = {
    "the teacher learned nothing": "its training accuracy is not clearly above a constant answer's."
    " Give it more images, or classes that are easier to tell apart.",
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
