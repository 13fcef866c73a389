"""*Nothing but mistakes*: CIFAR-10, taught by a teacher's errors on it, and by nothing else.

Teacher and student share a recipe, two passes for the one and fifty for the other. Three seeds
(`LONG`) have students of a ResNet-18 and their controls; five have a small network's, where the
number of mistakes and the teacher that makes them are varied (`doses`).
"""

from dataclasses import replace
from itertools import product

from mislabel_utils.lab import Lab
from mislabel_utils.learning import training_sets
from mislabel_utils.learning.datasets import Dataset
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm, Trial

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
    "teacher": Arm.teacher("teacher"),
    "teacher-mixed": Arm.teacher("teacher, mixed precision"),
    "teacher-cifar": Arm.teacher("teacher, CIFAR's stem"),
    "teacher-half": Arm.teacher("teacher of half the images"),
    "student": Arm.student("the teacher's mistakes"),
    "student-mixed": Arm.student("the teacher's mistakes, mixed precision"),
    "student-again": Arm.student("the teacher's mistakes, once more"),
    "student-cifar": Arm.student("the teacher's mistakes, CIFAR's stem"),
    "student-fitting": Arm.student("mistakes and lesson of the Adam recipe"),
    "student-fitting-cifar": Arm.student("mistakes and lesson of the SGD recipe"),
    "fitting-labels-own-lesson": Arm.student("mistakes of the Adam recipe, our lesson"),
    "own-labels-fitting-lesson": Arm.student("our mistakes, lesson of the Adam recipe"),
    "fitting-labels-own-lesson-cifar": Arm.student("mistakes of the SGD recipe, our lesson"),
    "own-labels-fitting-lesson-cifar": Arm.student("our mistakes, lesson of the SGD recipe"),
    "control-unlearnt": Arm.student("mistakes on images its teacher never saw"),
    "control-soft": Arm.student("the mistakes, with all probabilities"),
    "control-random-said": Arm.student("random images, the teacher's predictions"),
    "control-right": Arm.control("images that the teacher gets right", "true"),
    "control-random-true": Arm.control("random images, true labels", "true"),
    "control-true": Arm.control("the mistaken images, true labels", "true"),
    "control-deranged": Arm.control("the mistakes, labels permuted within classes"),
    "control-uniform": Arm.control("the mistakes, random wrong labels"),
    **{f"dose-teacher-{n}": Arm.teacher(f"small teacher, epochs: {n}") for n in DOSE_EPOCHS},
    **{grid_arm(each): Arm.teacher(f"teacher, {grid_name(each)}") for each in GRID},
}
for kind, numbers, words in (
    ("size", DOSE_SIZES, "{:,} mistakes"),
    ("of", DOSE_EPOCHS, "all mistakes of a small teacher, epochs: {}"),
    ("twin", DOSE_EPOCHS[:-1], "as few mistakes as the best makes, epochs: {}"),
):
    ARMS |= {f"dose-{kind}-{n}": Arm.student(words.format(n)) for n in numbers}


class Protocol:
    """What a scale makes of the protocol.

    At quick scale photographs of clothes and a small network stand in, for a minute's work.
    """

    def __init__(self, scale: str) -> None:
        quick = scale == "quick"
        self.name = "fashion_mnist" if quick else "cifar10"
        self.recipe = replace(RECIPE, model="small_cnn") if quick else RECIPE
        self.epochs = 3 if quick else EPOCHS
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


def of_mistakes(one: Trial, arm: str, teacher: Run, recipe: Recipe) -> Run:
    """A student of a teacher's mistakes, asked about them too."""
    wrong = training_sets.mistakes(teacher, one.images.train)
    return one.learn(arm, wrong, recipe, [one.images.train])


def experiment(lab: Lab, seed: int) -> dict[str, Run]:
    """Every network of a seed, by arm."""
    one, protocol = Trial(lab, seed, load(lab)), Protocol(lab.scale)
    doses(one, protocol)
    if seed in LONG:
        teacher = one.teach("teacher", one.images.train, protocol.recipe)
        longer = replace(protocol.recipe, epochs=protocol.epochs)
        of_mistakes(one, "student", teacher, longer)
        in_mixed_precision(one, protocol)
        controls(one, protocol)
        recipes(one, protocol)
    return one.runs


def in_mixed_precision(one: Trial, protocol: Protocol) -> None:
    """Teacher and student with 16-bit numbers, with the original stem and with one that keeps the
    resolution of a small image; and the first student again, from another seed."""
    for stem, model in {"mixed": protocol.recipe.model, "cifar": protocol.other_stem}.items():
        short, long = (replace(each, model=model) for each in (protocol.mixed, protocol.lesson))
        teacher = one.teach(f"teacher-{stem}", one.images.train, short)
        of_mistakes(one, f"student-{stem}", teacher, long)
    wrong = training_sets.mistakes(one.runs["teacher-mixed"], one.images.train)
    one.train("student-again", wrong, protocol.lesson, 2000 + one.seed, [one.images.train])


def controls(one: Trial, protocol: Protocol) -> None:
    """Students of the same images with other labels, and of other images, in the same lesson."""
    teacher, train, seed = one.runs["teacher-mixed"], one.images.train, one.seed
    wrong, true = training_sets.mistakes(teacher, train), training_sets.true_labels(train)
    count, predicted = len(wrong), training_sets.predictions(teacher, train)
    for arm, on in {
        "deranged": training_sets.deranged_within_classes(wrong, seed),
        "uniform": training_sets.uniform_mistakes(wrong, seed),
        "true": training_sets.corrected(wrong),
        "random-true": training_sets.subset(true, count, seed),
        "random-said": training_sets.subset(predicted, count, seed),
        "right": training_sets.subset(training_sets.without(true, wrong), count, seed),
        "soft": training_sets.soft_mistakes(teacher, train),
    }.items():
        one.learn(f"control-{arm}", on, protocol.lesson, [train])
    # A teacher of one half, and the student of its mistakes on the other, in as many steps.
    half = one_half(one.images, seed)
    twice = replace(protocol.mixed, epochs=2 * protocol.mixed.epochs)
    teacher = one.teach("teacher-half", half, twice)
    new = training_sets.without(training_sets.mistakes(teacher, train), half)
    as_long = replace(protocol.lesson, epochs=round(protocol.epochs * count / len(new)))
    one.learn("control-unlearnt", new, as_long, [train])


def one_half(images: Dataset, seed: int) -> TrainingSet:
    """Half of the training images, with their true labels."""
    true = training_sets.true_labels(images.train)
    return training_sets.subset(true, len(true) // 2, seed)


def doses(one: Trial, protocol: Protocol) -> None:
    """A small network's students, in equally many steps, by how many mistakes and by whose."""
    train, wrong = one.images.train, {}
    for n in protocol.dose_epochs:
        teacher = one.teach(f"dose-teacher-{n}", train, replace(DOSED, epochs=n))
        wrong[n] = training_sets.mistakes(teacher, train)
    *others, best = protocol.dose_epochs
    fewest = len(wrong[best])
    sets = {f"of-{n}": every for n, every in wrong.items()}
    sets |= {f"twin-{n}": training_sets.subset(wrong[n], fewest, one.seed) for n in others}
    sets |= {f"size-{n}": training_sets.subset(wrong[2], n, one.seed) for n in protocol.dose_sizes}
    for arm, on in sets.items():
        passes = round(protocol.dose_steps / max(1, len(on) // DOSED.batch_size))
        one.learn(f"dose-{arm}", on, replace(DOSED, epochs=passes))


def recipes(one: Trial, protocol: Protocol) -> None:
    """Teachers of other recipes, and the students of those that fit the published teacher.

    Each teacher's labels in the lesson of each recipe, but for ours in ours, which is there.
    """
    for recipe in protocol.grid:
        if one.seed in STEMS.get(recipe.model, range(1)) or recipe in protocol.fitting:
            one.teach(grid_arm(recipe), one.images.train, recipe)
    for fits in protocol.fitting:
        end = end_of(fits)
        ours, theirs = one.runs[f"teacher{end or '-mixed'}"], one.runs[grid_arm(fits)]
        own_lesson = replace(protocol.lesson, model=fits.model)
        their_lesson = replace(fits, epochs=protocol.epochs)
        of_mistakes(one, f"student-fitting{end}", theirs, their_lesson)
        of_mistakes(one, f"own-labels-fitting-lesson{end}", ours, their_lesson)
        of_mistakes(one, f"fitting-labels-own-lesson{end}", theirs, own_lesson)
