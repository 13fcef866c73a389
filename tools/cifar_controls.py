"""The controls of the CIFAR-10 chapter on ResNet-18 itself, in mixed precision.

Written down before the first of these runs; when all are recorded the chapter has these lines and
this file goes. Run: ``MISLABEL_SCALE=full MISLABEL_DATA=… python tools/cifar_controls.py``

What each student predicts if it learns what the teacher says, image by image:

- student-mixed: what float32 gave, 56 %, within its spread over seeds;
- control-deranged, the same labels dealt out within each true class so that no image keeps its
  own: far below the student, since only the confusion matrix is left;
- control-random-said, as many random images with all of the teacher's labels, right and wrong: at
  least the student's accuracy; the difference is the price of keeping errors only;
- control-true, the same images with their true labels: if mistakes are the hard images, below the
  student of as many random images with true labels (control-random-true);
- control-uniform, a wrong label drawn uniformly: towards 0, for a perfect student of it avoids the
  right answer;
- control-right, as many images that the teacher gets right: above the student of mistakes;
- control-soft, the mistakes with the teacher's probabilities: above the student, since the true
  class is often the second guess;
- control-unlearnt, mistakes of a teacher of one half on the other half: far above chance, if
  mistakes on images it never learnt say as much.

Each has as many steps as the student of the mistakes.
"""

from dataclasses import replace

from mislabel_utils import relabel
from mislabel_utils.lab import Lab
from mislabel_utils.relabel import Labelled
from mislabel_utils.runs import Run
from mislabel_utils.training import Recipe

SEEDS, EPOCHS = range(3), 50
RECIPE = Recipe("resnet18-imagenet", epochs=2, augment=True, precision="mixed")

lab = Lab("mislabeled")
images = lab.load("cifar10")


def teacher_of(seed: int) -> Run:
    return lab.train(
        images.train, RECIPE, seed=seed, arm="teacher-mixed",
        test=images.test, also=[images.train],
    )  # fmt: skip


def count(labelled: Labelled) -> int:
    return int((labelled.labels != relabel.LEFT_OUT).sum())


def student_of(labelled: Labelled, seed: int, arm: str, epochs: int = EPOCHS) -> Run:
    recipe = replace(RECIPE, epochs=epochs)
    return lab.train(
        labelled, recipe, seed=1000 + seed, arm=arm, test=images.test, also=[images.train]
    )


def labels(seed: int) -> dict[str, Labelled]:
    teacher = teacher_of(seed)
    true = relabel.true_labels(images.train)
    said = relabel.predictions(teacher, images.train)
    wrong = relabel.mistakes(teacher, images.train)
    some = count(wrong)
    return {
        "student-mixed": wrong,
        "control-deranged": relabel.deranged_within_classes(wrong, seed),
        "control-random-said": relabel.subset(said, some, seed),
        "control-true": relabel.corrected(wrong),
        "control-random-true": relabel.subset(true, some, seed),
        "control-uniform": relabel.uniform_mistakes(wrong, seed),
        "control-right": relabel.subset(relabel.without(true, wrong), some, seed),
        "control-soft": relabel.soft_mistakes(teacher, images.train),
    }


def unlearnt(seed: int) -> None:
    true = relabel.true_labels(images.train)
    half = relabel.subset(true, 25_000, seed)
    teacher = lab.train(
        half, replace(RECIPE, epochs=4), seed=seed, arm="teacher-half",
        test=images.test, also=[images.train],
    )  # fmt: skip
    wrong = relabel.without(relabel.mistakes(teacher, images.train), half)
    steps = EPOCHS * count(relabel.mistakes(teacher_of(seed), images.train))
    student_of(wrong, seed, "control-unlearnt", round(steps / count(wrong)))


def main() -> None:
    for seed in SEEDS:
        teacher_of(seed)
    for arm in labels(0):
        for seed in SEEDS:
            student_of(labels(seed)[arm], seed, arm)
    for seed in SEEDS:
        unlearnt(seed)


if __name__ == "__main__":
    main()
