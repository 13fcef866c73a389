"""*Nothing but mistakes*: CIFAR-10, taught by a teacher's errors on it, and by nothing else.

Teacher and student share a recipe, two passes for the one and fifty for the other. Three seeds
(`LONG`) have students of a ResNet-18 and their controls; five have a small network's, where the
number of mistakes and the teacher that makes them are varied (`doses`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from mislabel_utils.lab import Lab
from mislabel_utils.learning import training_sets
from mislabel_utils.learning.datasets import Dataset, Split
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm

SEEDS, LONG = range(5), range(3)
RECIPE, EPOCHS = Recipe("resnet18-imagenet", epochs=2, augment=True), 50
DOSED = replace(RECIPE, model="small_cnn", precision="mixed")
DOSE_STEPS, DOSE_SIZES, DOSE_EPOCHS = 1_000, (1_000, 3_000, 10_000), (1, 2, 5, 10)

# Two of the recipe's parts that the source does not name, and its stem, in all combinations.
STEMS = {"resnet18-imagenet": LONG, "resnet18-cifar": range(1)}
RATES = (
    {"learning_rate": 0.1},
    {"learning_rate": 0.03},
    {"learning_rate": 0.01},
    {"optimizer": "adam", "learning_rate": 0.001, "weight_decay": 0.0},
)


def grid_recipe(model: str, rate: dict, schedule: str, augment: bool) -> Recipe:
    """A teacher's recipe of the grid."""
    return Recipe(model, 2, schedule=schedule, augment=augment, precision="mixed", **rate)


GRID = [grid_recipe(*parts) for parts in product(STEMS, RATES, ("constant", "fall"), (True, False))]
# The two of them whose teachers come within two points of both published accuracies.
FITTING = [
    grid_recipe("resnet18-imagenet", RATES[-1], "constant", augment=True),
    grid_recipe("resnet18-cifar", RATES[0], "constant", augment=False),
]


def end_of(recipe: Recipe) -> str:
    """What tells the arms of one stem from those of the other."""
    return "-cifar" if recipe.model.endswith("-cifar") else ""


def grid_arm(recipe: Recipe) -> str:
    """The arm of a grid's teachers."""
    course = "constant" if recipe.schedule == "constant" else "falling"
    moved = "moved" if recipe.augment else "plain"
    rate = f"{recipe.optimizer}-{recipe.learning_rate:g}"
    return f"grid-{rate}-{course}-{moved}{end_of(recipe)}"


def grid_name(recipe: Recipe) -> str:
    """A recipe of the grid in words."""
    stem = "CIFAR's stem" if end_of(recipe) else "original stem"
    rate = f"{'Adam' if recipe.optimizer == 'adam' else 'SGD'} at {recipe.learning_rate:g}"
    course = "kept" if recipe.schedule == "constant" else "falling"
    return f"{stem}, {rate}, {course}, {'with' if recipe.augment else 'without'} flips and shifts"


ARMS = {
    "teacher": Arm("teacher", "teacher", "true"),
    "teacher-mixed": Arm("teacher, mixed precision", "teacher", "true"),
    "teacher-cifar": Arm("teacher, CIFAR's stem", "teacher", "true"),
    "teacher-half": Arm("teacher of half the images", "teacher", "true"),
    "student": Arm("the teacher's mistakes", "student", "teacher"),
    "student-mixed": Arm("the teacher's mistakes, mixed precision", "student", "teacher"),
    "student-again": Arm("the teacher's mistakes, once more", "student", "teacher"),
    "student-cifar": Arm("the teacher's mistakes, CIFAR's stem", "student", "teacher"),
    "student-fitting": Arm("mistakes and lesson of the Adam recipe", "student", "teacher"),
    "student-fitting-cifar": Arm("mistakes and lesson of the SGD recipe", "student", "teacher"),
    "fitting-labels-own-lesson": Arm(
        "mistakes of the Adam recipe, our lesson", "student", "teacher"
    ),
    "own-labels-fitting-lesson": Arm(
        "our mistakes, lesson of the Adam recipe", "student", "teacher"
    ),
    "fitting-labels-own-lesson-cifar": Arm(
        "mistakes of the SGD recipe, our lesson", "student", "teacher"
    ),
    "own-labels-fitting-lesson-cifar": Arm(
        "our mistakes, lesson of the SGD recipe", "student", "teacher"
    ),
    "control-unlearnt": Arm("mistakes on images its teacher never saw", "student", "teacher"),
    "control-soft": Arm("the mistakes, with all probabilities", "student", "teacher"),
    "control-random-said": Arm("random images, the teacher's predictions", "student", "teacher"),
    "control-right": Arm("images that the teacher gets right", "control", "true"),
    "control-random-true": Arm("random images, true labels", "control", "true"),
    "control-true": Arm("the mistaken images, true labels", "control", "true"),
    "control-deranged": Arm("the mistakes, labels dealt out anew", "control", "other"),
    "control-uniform": Arm("the mistakes, random wrong labels", "control", "other"),
    **{f"dose-size-{n}": Arm(f"{n:,} mistakes", "student", "teacher") for n in DOSE_SIZES},
    **{
        f"dose-teacher-{n}": Arm(f"small teacher, epochs: {n}", "teacher", "true")
        for n in DOSE_EPOCHS
    },
    **{
        f"dose-of-{n}": Arm(f"all mistakes of a small teacher, epochs: {n}", "student", "teacher")
        for n in DOSE_EPOCHS
    },
    **{
        f"dose-twin-{n}": Arm(
            f"as few mistakes as the best makes, epochs: {n}", "student", "teacher"
        )
        for n in DOSE_EPOCHS[:-1]
    },
    **{grid_arm(each): Arm(f"teacher, {grid_name(each)}", "teacher", "true") for each in GRID},
}


class Protocol:
    """What a scale makes of the protocol.

    At quick scale photographs of clothes and a small network stand in, for a minute's work.
    """

    def __init__(self, scale: str) -> None:
        quick = scale == "quick"
        self.name = "fashion_mnist" if quick else "cifar10"
        self.recipe = replace(RECIPE, model="small_cnn") if quick else RECIPE
        self.epochs = 5 if quick else EPOCHS
        self.mixed = replace(self.recipe, precision="mixed")
        self.lesson = replace(self.mixed, epochs=self.epochs)
        self.dose_steps = 60 if quick else DOSE_STEPS
        self.dose_sizes = (100, 1_000) if quick else DOSE_SIZES
        self.dose_epochs = (1, 2, 4) if quick else DOSE_EPOCHS
        small = grid_recipe("small_cnn", RATES[-1], "constant", augment=True)
        self.grid = [small, replace(small, augment=False)] if quick else GRID
        self.fitting = [small] if quick else FITTING
        self.other_stem = self.recipe.model if quick else "resnet18-cifar"


def load(lab: Lab) -> Dataset:
    """CIFAR-10, or what stands in for it."""
    return lab.load(Protocol(lab.scale).name)


def train_teacher(
    lab: Lab, images: Dataset, seed: int, recipe: Recipe = RECIPE, arm: str = "teacher"
) -> Run:
    """A network of the true labels of all training images."""
    return lab.train(
        images.train, recipe, seed=seed, arm=arm, test=images.test, also=[images.train]
    )


def train_student(
    lab: Lab, teacher: Run, images: Dataset, seed: int, recipe: Recipe, arm: str = "student"
) -> Run:
    """A fresh network of the teacher's mistakes and of nothing else."""
    return learn(lab, training_sets.mistakes(teacher, images.train), images, seed, recipe, arm)


def learn(
    lab: Lab, on: TrainingSet, images: Dataset, seed: int, recipe: Recipe, arm: str,
    also: tuple[Split, ...] | None = None,
) -> Run:  # fmt: skip
    """A fresh network of a training set."""
    # Another seed than the teacher's: other weights to start from.
    also = (images.train,) if also is None else also
    return lab.train(on, recipe, seed=1000 + seed, arm=arm, test=images.test, also=also)


def experiment(lab: Lab, seed: int) -> dict[str, Run]:
    """Every network of a seed, by arm."""
    images = load(lab)
    runs = doses(lab, images, seed)
    if seed not in LONG:
        return runs
    protocol = Protocol(lab.scale)
    teacher = train_teacher(lab, images, seed, protocol.recipe)
    longer = replace(protocol.recipe, epochs=protocol.epochs)
    runs |= {"teacher": teacher, "student": train_student(lab, teacher, images, seed, longer)}
    runs |= in_mixed_precision(lab, images, seed)
    runs |= with_other_stem(lab, images, seed)
    runs |= controls(lab, runs["teacher-mixed"], images, seed)
    return runs | recipes(lab, runs, images, seed)


def in_mixed_precision(lab: Lab, images: Dataset, seed: int) -> dict[str, Run]:
    """Teacher and student with 16-bit numbers; and the student again, from another seed."""
    protocol = Protocol(lab.scale)
    teacher = train_teacher(lab, images, seed, protocol.mixed, "teacher-mixed")
    seeds = {"student-mixed": seed, "student-again": 1000 + seed}
    return {"teacher-mixed": teacher} | {
        arm: train_student(lab, teacher, images, each, protocol.lesson, arm)
        for arm, each in seeds.items()
    }


def with_other_stem(lab: Lab, images: Dataset, seed: int) -> dict[str, Run]:
    """Teacher and student whose first layer keeps the resolution of a small image."""
    protocol = Protocol(lab.scale)
    short, long = (
        replace(each, model=protocol.other_stem) for each in (protocol.mixed, protocol.lesson)
    )
    teacher = train_teacher(lab, images, seed, short, "teacher-cifar")
    student = train_student(lab, teacher, images, seed, long, "student-cifar")
    return {"teacher-cifar": teacher, "student-cifar": student}


def controls(lab: Lab, teacher: Run, images: Dataset, seed: int) -> dict[str, Run]:
    """Students of the same images with other labels, and of other images, in the same lesson."""
    protocol = Protocol(lab.scale)
    wrong = training_sets.mistakes(teacher, images.train)
    predicted = training_sets.predictions(teacher, images.train)
    true = training_sets.true_labels(images.train)
    count = len(wrong)
    sets = {
        "deranged": training_sets.deranged_within_classes(wrong, seed),
        "uniform": training_sets.uniform_mistakes(wrong, seed),
        "true": training_sets.corrected(wrong),
        "random-true": training_sets.subset(true, count, seed),
        "random-said": training_sets.subset(predicted, count, seed),
        "right": training_sets.subset(training_sets.without(true, wrong), count, seed),
        "soft": training_sets.soft_mistakes(teacher, images.train),
    }
    runs = {
        f"control-{arm}": learn(lab, on, images, seed, protocol.lesson, f"control-{arm}")
        for arm, on in sets.items()
    }
    return runs | on_the_other_half(lab, images, seed, steps=protocol.epochs * count)


def one_half(images: Dataset, seed: int) -> TrainingSet:
    """Half of the training images, with their true labels."""
    true = training_sets.true_labels(images.train)
    return training_sets.subset(true, len(true) // 2, seed)


def on_the_other_half(lab: Lab, images: Dataset, seed: int, steps: int) -> dict[str, Run]:
    """A teacher of one half, and the student of its mistakes on the other; `steps` in images."""
    protocol = Protocol(lab.scale)
    half = one_half(images, seed)
    recipe = replace(protocol.mixed, epochs=2 * protocol.mixed.epochs)
    teacher = lab.train(
        half, recipe, seed=seed, arm="teacher-half", test=images.test, also=[images.train]
    )
    new = training_sets.without(training_sets.mistakes(teacher, images.train), half)
    as_long = replace(protocol.lesson, epochs=round(steps / len(new)))
    student = learn(lab, new, images, seed, as_long, "control-unlearnt")
    return {"teacher-half": teacher, "control-unlearnt": student}


def doses(lab: Lab, images: Dataset, seed: int) -> dict[str, Run]:
    """A small network's students, in equally many steps, by how many mistakes and by whose."""
    protocol = Protocol(lab.scale)
    teachers = {
        epochs: train_teacher(
            lab, images, seed, replace(DOSED, epochs=epochs), f"dose-teacher-{epochs}"
        )
        for epochs in protocol.dose_epochs
    }
    wrong = {n: training_sets.mistakes(run, images.train) for n, run in teachers.items()}
    *others, best = protocol.dose_epochs
    fewest = len(wrong[best])
    sets = {f"of-{n}": every for n, every in wrong.items()}
    sets |= {f"twin-{n}": training_sets.subset(wrong[n], fewest, seed) for n in others}
    sets |= {
        f"size-{size}": training_sets.subset(wrong[2], size, seed) for size in protocol.dose_sizes
    }
    runs = {f"dose-teacher-{n}": run for n, run in teachers.items()}
    for arm, on in sets.items():
        passes = round(protocol.dose_steps / max(1, len(on) // DOSED.batch_size))
        recipe = replace(DOSED, epochs=passes)
        runs[f"dose-{arm}"] = learn(lab, on, images, seed, recipe, f"dose-{arm}", also=())
    return runs


def recipes(lab: Lab, runs: dict[str, Run], images: Dataset, seed: int) -> dict[str, Run]:
    """Teachers of other recipes, and the students of those that fit the published teacher."""
    protocol = Protocol(lab.scale)
    found = {
        grid_arm(recipe): train_teacher(lab, images, seed, recipe, grid_arm(recipe))
        for recipe in protocol.grid
        if seed in STEMS.get(recipe.model, range(1)) or recipe in protocol.fitting
    }
    for recipe in protocol.fitting:
        ours = runs[f"teacher{end_of(recipe) or '-mixed'}"]
        found |= dict(_crossed(lab, recipe, found[grid_arm(recipe)], ours, images, seed))
    return found


def _crossed(
    lab: Lab, fits: Recipe, theirs: Run, ours: Run, images: Dataset, seed: int
) -> Iterator[tuple[str, Run]]:
    """Each teacher's labels in the lesson of each recipe, but for ours in ours, which is there."""
    protocol, end = Protocol(lab.scale), end_of(fits)
    own_lesson = replace(protocol.lesson, model=fits.model)
    their_lesson = replace(fits, epochs=protocol.epochs)
    for arm, teacher, recipe in (
        ("student-fitting", theirs, their_lesson),
        ("own-labels-fitting-lesson", ours, their_lesson),
        ("fitting-labels-own-lesson", theirs, own_lesson),
    ):
        yield arm + end, train_student(lab, teacher, images, seed, recipe, arm + end)
