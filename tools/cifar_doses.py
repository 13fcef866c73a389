"""How many mistakes, and whose: the doses of the CIFAR-10 chapter, with the steps matched.

Written down before the first of these runs (in the chapter's own cells at first, commit "the
protocol of the doses with steps matched"); when all are recorded the chapter has these lines in
the place of its present doses, and this file goes.

The small network in mixed precision, five seeds. Each student takes the same number of steps,
whatever the size of its set: a small set is gone through more often.

- How many? Students of 1,000, 3,000 and 10,000 of the mistakes of a teacher of two epochs, drawn
  at random, and of all of them.
- Whose? Students of the mistakes of teachers of 1, 2, 5 and 10 epochs. A better teacher makes
  fewer mistakes, so each student but the last has a twin, trained on as many of the mistakes as the
  best teacher of that seed makes, drawn at random.

What is expected? If a student learns what its teacher sees, those of better teachers should be
better. If it matters more that a good teacher's mistakes are few, the students fall where the twins
do not. And if its mistakes are odd, images that say little about anything else, the twins fall too.
An earlier version, with three seeds and as many epochs instead of as many steps for all, is known:
there the students fell from the teacher of 2 epochs to that of 10, by 4.2 points with an interval
that held zero.

Run: ``MISLABEL_SCALE=full MISLABEL_DATA=… python tools/cifar_doses.py``
"""

from dataclasses import replace

from mislabel_utils.lab import Lab
from mislabel_utils.learning import training_sets
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.runs import Run

SEEDS = range(5)
RECIPE = Recipe("small_cnn", epochs=2, augment=True, precision="mixed")
STEPS, SIZES, DOSES = 1_000, (1_000, 3_000, 10_000), (1, 2, 5, 10)

lab = Lab("mislabeled")
images = lab.load("cifar10")


def student(labelled: TrainingSet, seed: int, arm: str) -> Run:
    batches = max(1, len(labelled) // RECIPE.batch_size)
    steps = replace(RECIPE, epochs=round(STEPS / batches))
    return lab.train(labelled, steps, seed=1000 + seed, arm=f"dose-{arm}", test=images.test)


def doses(seed: int) -> dict[str, Run]:
    wrong, runs = {}, {}
    for epochs in DOSES:
        arm = f"dose-teacher-{epochs}"
        runs[arm] = lab.train(
            images.train, replace(RECIPE, epochs=epochs), seed=seed, arm=arm,
            test=images.test, also=[images.train],
        )  # fmt: skip
        wrong[epochs] = training_sets.mistakes(runs[arm], images.train)
    fewest = len(wrong[DOSES[-1]])
    sets = {f"of-{n}": every for n, every in wrong.items()}
    sets |= {f"twin-{n}": training_sets.subset(wrong[n], fewest, seed) for n in DOSES[:-1]}
    sets |= {f"size-{n}": training_sets.subset(wrong[2], n, seed) for n in SIZES}
    for arm, labelled in sets.items():
        runs[f"dose-{arm}"] = student(labelled, seed, arm)
    return runs


if __name__ == "__main__":
    for each in SEEDS:
        doses(each)
