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
  mistakes on images it never learnt say as much;
- student-again, the student once more with another seed, where a GPU trains some of the controls:
  what student-mixed has, within the spread of its seeds, or the machine matters.

Each has as many steps as the student of the mistakes.

And the main result with the stem usual for CIFAR (teacher-cifar, student-cifar): the same recipe,
three seeds, fifty epochs. Its teacher is better and leaves fewer mistakes; if a better teacher has
the better student, its students are ahead of the original stem's.
"""

from dataclasses import replace

from mislabel_utils.lab import Lab
from mislabel_utils.learning import training_sets
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.runs import Run

SEEDS, EPOCHS = range(3), 50
RECIPE = Recipe("resnet18-imagenet", epochs=2, augment=True, precision="mixed")
CIFAR_STEM = replace(RECIPE, model="resnet18-cifar")

lab = Lab("mislabeled")
images = lab.load("cifar10")


def teacher_of(seed: int) -> Run:
    return lab.train(
        images.train, RECIPE, seed=seed, arm="teacher-mixed",
        test=images.test, also=[images.train],
    )  # fmt: skip


def student_of(labelled: TrainingSet, seed: int, arm: str, epochs: int = EPOCHS) -> Run:
    recipe = replace(RECIPE, epochs=epochs)
    return lab.train(
        labelled, recipe, seed=1000 + seed, arm=arm, test=images.test, also=[images.train]
    )


def labels(seed: int) -> dict[str, TrainingSet]:
    teacher = teacher_of(seed)
    true = training_sets.true_labels(images.train)
    said = training_sets.predictions(teacher, images.train)
    wrong = training_sets.mistakes(teacher, images.train)
    some = len(wrong)
    return {
        "student-mixed": wrong,
        "control-deranged": training_sets.deranged_within_classes(wrong, seed),
        "control-random-said": training_sets.subset(said, some, seed),
        "control-true": training_sets.corrected(wrong),
        "control-random-true": training_sets.subset(true, some, seed),
        "control-uniform": training_sets.uniform_mistakes(wrong, seed),
        "control-right": training_sets.subset(training_sets.without(true, wrong), some, seed),
        "control-soft": training_sets.soft_mistakes(teacher, images.train),
    }


def unlearnt(seed: int) -> None:
    true = training_sets.true_labels(images.train)
    half = training_sets.subset(true, 25_000, seed)
    teacher = lab.train(
        half, replace(RECIPE, epochs=4), seed=seed, arm="teacher-half",
        test=images.test, also=[images.train],
    )  # fmt: skip
    wrong = training_sets.without(training_sets.mistakes(teacher, images.train), half)
    steps = EPOCHS * len(training_sets.mistakes(teacher_of(seed), images.train))
    student_of(wrong, seed, "control-unlearnt", round(steps / len(wrong)))


def again(seed: int) -> None:
    student_of(labels(seed)["student-mixed"], 1000 + seed, "student-again")


def with_the_other_stem(seed: int) -> None:
    teacher = lab.train(
        images.train, CIFAR_STEM, seed=seed, arm="teacher-cifar",
        test=images.test, also=[images.train],
    )  # fmt: skip
    lab.train(
        training_sets.mistakes(teacher, images.train), replace(CIFAR_STEM, epochs=EPOCHS),
        seed=1000 + seed, arm="student-cifar", test=images.test, also=[images.train],
    )  # fmt: skip


def main() -> None:
    for seed in SEEDS:
        teacher_of(seed)
        with_the_other_stem(seed)
    for arm in labels(0):
        for seed in SEEDS:
            student_of(labels(seed)[arm], seed, arm)
    for seed in SEEDS:
        unlearnt(seed)
        again(seed)


if __name__ == "__main__":
    main()
