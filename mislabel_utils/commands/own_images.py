"""A verdict on a reader's own images: did a student of nothing but wrong labels learn from them?

On a small set the chapter's two passes are a few steps, and a teacher that is still at chance has
nothing to pass on. So the teacher's epochs double, each time from a fresh network, until its
training accuracy has clearly left chance or it has had as many steps as the chapter's; the student
makes 25 passes for each of the teacher's, as there, but 1,000 at most. No student, and no test
image, has a say in it.
"""

from dataclasses import replace

import pandas as pd

from mislabel_utils.lab import Lab
from mislabel_utils.learning.datasets import Dataset, Split
from mislabel_utils.learning.training import EPOCHS
from mislabel_utils.report.stats import wilson
from mislabel_utils.studies import Trial, mislabeled

CHAPTER_STEPS = 780  # of the chapter's teacher: two epochs of 50,000 images in batches of 128
MISTAKES_A_CLASS = 5  # with fewer there is nothing to learn from, whatever the labels are
ANSWER = "Learned from wrong labels: above a constant answer"
IGNORANT, TOO_GOOD = "the teacher learned nothing", "too few mistakes"
REMEDIES = {
    IGNORANT: "its training accuracy is not clearly above a constant answer's."
    " Give it more images, or classes that are easier to tell apart.",
    TOO_GOOD: "the teacher is too good to err. Give it more or harder images.",
}


def bar(share: float) -> float:
    """What the interval of a teacher's training accuracy has to pass.

    Twice the share of the most frequent class or, where that is less, half the way from it to 1.
    """
    return min(2 * share, (1 + share) / 2)


def found(images: Dataset) -> str:
    """How many pictures there are of each class, and how many to test on are trained on too."""
    halves = images.train, images.test
    counts = zip(images.classes, *(half.labels.bincount() for half in halves), strict=True)
    each = ", ".join(f"{name} {one} + {other}" for name, one, other in counts)
    known, asked = ({each.numpy().tobytes() for each in half.images} for half in halves)
    twice = f"\nDifferent test pictures that are also trained on: {len(known & asked)}."
    return f"Pictures to train on + to test on: {each}." + twice * bool(known & asked)


def ask(lab: Lab, data: str, seed: int, flips: bool = True) -> dict[str, str]:
    """Put the question to a reader's own images, if it can be put; see the module.

    Returns what was measured, as text; the `ANSWER` is "yes", "no" or what stood in its way. Images
    are mirrored unless left and right matter.
    """
    images = lab.load(data)
    train, test, classes = images.train, images.test, len(images.classes)
    one, recipe = Trial(lab, seed, images), replace(mislabeled.RECIPE, flip=flips)
    passes = mislabeled.EPOCHS // recipe.epochs
    batches = len(train) // min(recipe.batch_size, len(train))
    while True:
        teacher = one.teach("teacher", train, recipe)
        predicted = teacher.predict(train)
        wrong = predicted[predicted != train.labels]
        learned = wilson(len(train) - len(wrong), len(train))[0] > bar(common(train))
        if learned or recipe.epochs * batches >= CHAPTER_STEPS:
            break
        recipe = replace(recipe, epochs=min(2 * recipe.epochs, EPOCHS))
    taught, accuracy, read = len(wrong.unique()), "-", "-"
    if not learned:
        answer = IGNORANT
    elif len(wrong) < MISTAKES_A_CLASS * classes or taught < 2:
        answer = TOO_GOOD
    else:
        longer = replace(recipe, epochs=min(passes * recipe.epochs, EPOCHS))
        student = mislabeled.of_mistakes(one, "student", teacher, longer)
        hit = student.predict(test) == test.labels
        low, high = wilson(int(hit.sum()), len(test))
        accuracy = f"{hit.double().mean():.2%} [{100 * low:.2f}, {100 * high:.2f}]"
        count = sum(hit[test.labels == label].double().mean() >= 0.5 for label in range(classes))
        read = f"{count} of {classes}"
        answer = "yes" if low > common(test) else "no"
    return {
        "Teacher: epochs": f"{recipe.epochs}",
        "Teacher: training accuracy": f"{1 - len(wrong) / len(train):.2%}",
        "Teacher: test accuracy": f"{teacher.accuracy(test):.2%}",
        "Its mistakes, all that the student sees": f"{len(wrong):,} of {len(train):,}",
        "Classes among these wrong labels": f"{taught} of {classes}",
        "Student: test accuracy [95% interval]": accuracy,
        "Classes it gets right half of the time or more": read,
        "True test images": f"{len(test):,}",
        "Chance: best constant answer": f"{common(test):.2%}",
        ANSWER: answer,
    }


def common(half: Split) -> float:
    """The share of the most frequent class, which is what the best constant answer gets right."""
    return half.labels.bincount().max().item() / len(half)


def verdict(answers: pd.Series) -> str:
    """The answer of each seed in plain words, or the reason why it has none."""
    return "\n".join(
        f"{seed}: {answer}; {REMEDIES[answer]}" if answer in REMEDIES
        else f"{seed}: Learned from wrong labels: {answer}."
        for seed, answer in answers.items()
    )  # fmt: skip
