"""*Adversarial errors*: CIFAR-10 images moved until a network errs, beside those on which it errs.

Most of it is the small CNN's, as teacher and as student: controls need many runs. `deep` has a
better network for the two published rows, and `on_clothes` another data set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from mislabel_utils.lab import Lab
from mislabel_utils.learning import adversarial, training_sets
from mislabel_utils.learning.adversarial import Attack
from mislabel_utils.learning.datasets import Dataset
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm

SEEDS = range(3)
MORE_STEPS = 90  # the seed whose good teacher is attacked with ten and with a hundred steps
RECIPE = Recipe("small_cnn", epochs=8, augment=True, precision="mixed")
LESSON = replace(RECIPE, augment=False, optimizer="adam", learning_rate=1e-3, weight_decay=0.0)
STEPS, LONGER = 1_950, 4  # of a student, whatever the size of its set; times as many in a long one
# Ilyas et al. 2019: the radius and the length of a step; they take a hundred steps.
EPSILON, PUSHES = 0.5, 10
RADII = (0.25, 0.5, 2.0)  # in units of the radius
AMPLIFIED = 20  # times, what was added to an image: it is too little to be seen
CLOTHES = Attack(1.5, PUSHES, 0.3)
STRONG = Recipe(
    "deep_cnn", epochs=16, batch_size=256, learning_rate=0.2, augment=True, precision="mixed"
)
PREFIXES = {"small_cnn": "", "mlp": "mlp-", "resnet18-imagenet": "resnet-"}
MODELS = {"small_cnn": "the CNN", "mlp": "an MLP", "resnet18-imagenet": "a ResNet-18",
          "deep_cnn": "the better network"}  # fmt: skip


def _across() -> dict[str, Arm]:
    """Students of another architecture than their teacher's."""
    kinds = {"natural": "natural mistakes", "rand": "D_rand"}
    pairs = [(kind, a, b) for kind in kinds for a in PREFIXES for b in PREFIXES]
    pairs += [("rand", "deep_cnn", "small_cnn"), ("rand", "deep_cnn", "mlp")]
    return {
        f"{kind}-{a}-to-{b}": Arm(
            f"{kinds[kind]} of {MODELS[a]}, student {MODELS[b]}", "student", "teacher"
        )
        for kind, a, b in pairs
        if not a == b == "small_cnn"  # that is the usual one
    }


SMALL = {
    "good": Arm("good teacher", "teacher", "true"),
    "mediocre": Arm("mediocre teacher", "teacher", "true"),
    "half": Arm("teacher of half the images", "teacher", "true"),
    "mlp-good": Arm("good teacher, an MLP", "teacher", "true"),
    "mlp-mediocre": Arm("mediocre teacher, an MLP", "teacher", "true"),
    "resnet-good": Arm("good teacher, a ResNet-18", "teacher", "true"),
    "resnet-mediocre": Arm("mediocre teacher, a ResNet-18", "teacher", "true"),
    "untrained": Arm("untrained network", "control", ""),
    "shuffled": Arm("network of shuffled labels", "teacher", "other"),
    "natural": Arm("natural mistakes", "student", "teacher"),
    "natural-long": Arm("natural mistakes, four times the steps", "student", "teacher"),
    "natural-augmented": Arm("natural mistakes, steps × 4, flips and shifts", "student", "teacher"),
    "natural-further": Arm("natural mistakes, moved by their own teacher", "student", "teacher"),
    "natural-moved": Arm("natural mistakes, moved by the good teacher", "student", "teacher"),
    "natural-few": Arm("natural mistakes, few", "student", "teacher"),
    "natural-true": Arm("natural mistakes, true labels", "control", "true"),
    "natural-deranged": Arm("natural mistakes, dealt out anew within a class", "control", "other"),
    "natural-uniform": Arm("natural mistakes, any wrong label", "control", "other"),
    "unlearnt": Arm("natural mistakes on images it never saw", "student", "teacher"),
    "rand": Arm("moved to a random class (D_rand)", "student", "teacher"),
    "rand-long": Arm("D_rand, four times the steps", "student", "teacher"),
    "rand-augmented": Arm("D_rand, steps × 4, flips and shifts", "student", "teacher"),
    "rand-few": Arm("D_rand, few", "student", "teacher"),
    "reached": Arm("D_rand, only where the teacher predicts the label", "student", "teacher"),
    "reached-long": Arm("D_rand, only where predicted, four times the steps", "student", "teacher"),
    "wrong": Arm("D_rand, never the true class", "student", "teacher"),
    "wrong-long": Arm("D_rand, never the true class, four times the steps", "student", "teacher"),
    "wrong-reached": Arm("D_rand, each label wrong and the teacher's", "student", "teacher"),
    "wrong-reached-few": Arm(
        "D_rand, each label wrong and the teacher's, few", "student", "teacher"
    ),
    "wrong-reached-unmoved": Arm("labels of the reached, images unmoved", "control", "other"),
    "mediocre-rand": Arm("D_rand of the mediocre teacher", "student", "teacher"),
    "radius-0.25": Arm("D_rand, a quarter of the radius", "student", "teacher"),
    "radius-0.5": Arm("D_rand, half the radius", "student", "teacher"),
    "radius-2": Arm("D_rand, twice the radius", "student", "teacher"),
    "steps-10": Arm("D_rand of 10,000 images, ten steps", "student", "teacher"),
    "steps-10-again": Arm("D_rand of 10,000 images, ten steps, again", "student", "teacher"),
    "steps-100": Arm("D_rand of 10,000 images, a hundred steps", "student", "teacher"),
    "steps-100-again": Arm("D_rand of 10,000 images, a hundred steps, again", "student", "teacher"),
    "det": Arm("moved to the next class (D_det)", "student", "teacher"),
    "det-augmented": Arm("D_det, steps × 4, flips and shifts", "student", "teacher"),
    "det-few": Arm("D_det, few", "student", "teacher"),
    "det-reached": Arm("D_det, only where the teacher predicts the label", "student", "teacher"),
    "mediocre-det": Arm("D_det of the mediocre teacher", "student", "teacher"),
    "true": Arm("D_rand's images, true labels", "control", "true"),
    "dealt": Arm("D_rand's perturbations on other images", "control", "other"),
    "dealt-long": Arm("dealt perturbations, four times the steps", "control", "other"),
    "grey": Arm("D_rand's perturbations on grey", "control", "other"),
    "labels-rand": Arm("D_rand's labels, images unmoved", "control", "other"),
    "labels-rand-long": Arm("D_rand's labels unmoved, four times the steps", "control", "other"),
    "labels-wrong": Arm("any wrong labels, images unmoved", "control", "other"),
    "labels-det": Arm("D_det's labels, images unmoved", "control", "other"),
    "shaken": Arm("as long a random move, random labels", "control", "other"),
    "by-untrained": Arm("moved for an untrained network", "control", "other"),
    "by-shuffled": Arm("moved for a network of shuffled labels", "control", "other"),
    "clean": Arm("all images, true labels", "control", "true"),
    "clean-mlp": Arm("all images, true labels, an MLP", "control", "true"),
    "clean-resnet": Arm("all images, true labels, a ResNet-18", "control", "true"),
    **_across(),
}
ARMS = {f"small-{arm}": called for arm, called in SMALL.items()} | {
    "deep-good": Arm("better network, teacher", "teacher", "true"),
    "deep-rand": Arm("D_rand of the better network", "student", "teacher"),
    "deep-rand-doubled": Arm("D_rand of the better network, sixteen passes", "student", "teacher"),
    "deep-labels-rand": Arm("better network: D_rand's labels, unmoved", "control", "other"),
    "deep-det": Arm("D_det of the better network", "student", "teacher"),
    "clothes-good": Arm("clothes: good teacher", "teacher", "true"),
    "clothes-mediocre": Arm("clothes: mediocre teacher", "teacher", "true"),
    "clothes-natural": Arm("clothes: natural mistakes", "student", "teacher"),
    "clothes-rand": Arm("clothes: D_rand", "student", "teacher"),
    "clothes-dealt": Arm("clothes: D_rand's perturbations on other images", "control", "other"),
    "clothes-grey": Arm("clothes: D_rand's perturbations on grey", "control", "other"),
    "clothes-labels-rand": Arm("clothes: D_rand's labels, images unmoved", "control", "other"),
}


Part = Callable[["Experiment"], None]


def load(lab: Lab) -> Dataset:
    """CIFAR-10, or at quick scale photographs of clothes, which stand in for it."""
    return lab.load("fashion_mnist" if lab.scale == "quick" else "cifar10")


class Experiment:
    """One seed: its teachers, its training sets, and what learns from them.

    Attributes
    ----------
    runs : every network so far, by arm without its "small-"
    described : what an attacked network says of a set, see `adversarial.described`, by arm
    """

    def __init__(self, lab: Lab, seed: int) -> None:
        self.lab, self.seed, self.images = lab, seed, load(lab)
        self.quick = lab.scale == "quick"
        self.recipe = replace(RECIPE, epochs=3) if self.quick else RECIPE
        self.steps = 100 if self.quick else STEPS
        epsilon, pushes = (1.5, 5) if self.quick else (EPSILON, PUSHES)
        self.attack = Attack(epsilon, steps=pushes, step_size=epsilon / 5)
        self.true = training_sets.true_labels(self.images.train)
        self.runs: dict[str, Run] = {}
        self.described: dict[str, dict[str, np.ndarray]] = {}

    # Teachers, trained when they are first asked for.

    def teach(self, arm: str, on: TrainingSet | None = None, **changes) -> Run:
        """A teacher of the true labels, or of others, asked about all training images."""
        if arm not in self.runs:
            self.runs[arm] = self.lab.train(
                on or self.true, replace(self.recipe, **changes), seed=self.seed,
                arm=f"small-{arm}", test=self.images.test, also=[self.images.train],
            )  # fmt: skip
        return self.runs[arm]

    @property
    def good(self) -> Run:
        return self.teach("good")

    @property
    def mediocre(self) -> Run:
        return self.teach("mediocre", epochs=2)

    @cached_property
    def learnt(self) -> TrainingSet:
        """The half of the images that the teacher called half learns."""
        return training_sets.subset(self.true, len(self.images.train) // 2, self.seed)

    def shuffled(self) -> Run:
        """A network that learnt shuffled labels of a tenth of the images by heart."""
        some = training_sets.subset(self.true, len(self.images.train) // 10, self.seed)
        labels = training_sets.shuffled(some, self.seed)
        passes = 10 * self.recipe.epochs
        return self.teach("shuffled", labels, epochs=passes, augment=False)

    # Students.

    def learn(self, arm: str, on: TrainingSet, count: int | None = None, times: int = 1, **changes):
        """A student in about `STEPS` steps, times `times`, whatever the size of its set.

        `count` of images, where only a full run could count them.
        """
        passes = round(times * self.steps / max(1, (count or len(on)) // LESSON.batch_size))
        start = 1000 + self.seed + 500 * arm.endswith("again")  # a second student
        self.runs[arm] = self.lab.train(
            on, replace(LESSON, epochs=passes, **changes), seed=start, arm=f"small-{arm}",
            test=self.images.test,
        )  # fmt: skip

    def describe(self, arm: str, asked: Run, on: TrainingSet) -> dict[str, np.ndarray]:
        """What the attacked network says of a set, and how far its images moved."""
        config = {
            "experiment": "described",
            "protocol": adversarial.PROTOCOL,
            "run": asked.id,
            "images": on.inputs.name,
            "labels": on.source,
        }

        def compute():
            found = adversarial.described(asked, on)
            return {name: np.array(value) for name, value in found.items()}

        made = self.lab.measure(f"small-described-{arm}", self.seed, config, compute)
        return self.described.setdefault(arm, made)

    # Training sets.

    def moved(self, by: Run, targets: TrainingSet, how: Attack | None = None) -> TrainingSet:
        return adversarial.adversarial(by, targets, how or self.attack)

    def targets(self, name: str) -> TrainingSet:
        """Classes drawn at random, "rand", or the next ones, "det"."""
        drawn = {
            "rand": lambda: training_sets.uniform(self.images.train, self.seed),
            "det": lambda: training_sets.next_class(self.images.train),
        }[name]()
        # Attacks are most of the minute that the quick scale has.
        return training_sets.subset(drawn, 1_500, self.seed) if self.quick else drawn

    @property
    def four(self) -> TrainingSet:
        """Those of D_rand's images that are shown, with their targets."""
        return training_sets.subset(self.targets("rand"), 4, 1)

    def natural(self) -> TrainingSet:
        return training_sets.mistakes(self.mediocre, self.images.train)

    def unlearnt(self) -> TrainingSet:
        """Mistakes on images that their teacher was not trained on: the smallest of the sets."""
        wrong = training_sets.mistakes(self.teach("half", self.learnt), self.images.train)
        return training_sets.without(wrong, self.learnt)

    def few(self, given: TrainingSet) -> TrainingSet:
        """As many of a set as the smallest has."""
        return training_sets.subset(given, len(self.unlearnt()), self.seed)

    def reached(self, on: TrainingSet, name: str) -> tuple[TrainingSet, int]:
        """The images that the good teacher takes for their label, and how many of them."""
        share = float(self.describe(name, self.good, on)["target"])
        return adversarial.reached(self.good, on), round(share * len(on))

    def wrong(self) -> TrainingSet:
        """D_rand with targets that are never the true class."""
        return self.moved(self.good, training_sets.uniform_mistakes(self.true, self.seed))


def four_moved(one: Experiment, times: float) -> Tensor:
    """Four images of D_rand, then what was added to each, amplified around grey.

    Parameters
    ----------
    times : how far they are moved, in units of the usual radius

    Returns
    -------
    uint8 (8, C, H, W)
    """
    radius = times * one.attack.epsilon
    on = one.moved(one.good, one.four, replace(one.attack, epsilon=radius, step_size=radius / 5))
    moved, start = on.images[on.kept], one.images.train.images[on.kept] / 255
    added = (0.5 + AMPLIFIED * (moved - start)).clamp(0, 1)
    return (255 * torch.cat([moved, added])).round().byte()


def experiment(lab: Lab, seed: int) -> dict[str, Run]:
    """Every network of a seed, by arm; those of the small students without their "small-"."""
    if seed == MORE_STEPS:
        return gone_through(lab, seed, [enough]).runs
    runs = gone_through(lab, seed).runs
    if seed == SEEDS[0] and lab.scale != "quick":
        gone_through(lab, MORE_STEPS, [enough])
    return runs


def gone_through(lab: Lab, seed: int, parts: Sequence[Part] | None = None) -> Experiment:
    """A seed with its teachers and some of the parts; default all of them.

    At quick scale those are left out that take more than a minute.
    """
    one = Experiment(lab, seed)
    for part in parts or PARTS:
        if not (one.quick and part in LONG_PARTS):
            part(one)
    return one


def sets(one: Experiment) -> None:
    """Both kinds of error, and D_rand's perturbations taken from their images."""
    one.learn("natural", one.natural())
    one.learn("unlearnt", one.unlearnt())
    rand, det = (one.moved(one.good, one.targets(name)) for name in ("rand", "det"))
    one.learn("true", training_sets.corrected(rand))
    for arm, on in {
        "rand": rand,
        "dealt": adversarial.dealt(rand, one.seed),
        "grey": adversarial.on_grey(rand),
        "det": det,
    }.items():
        one.learn(arm, on)
        one.describe(arm, one.good, on)


def controls(one: Experiment) -> None:
    """What the lesson can teach, what labels alone teach, few images, a random move."""
    one.learn("clean", one.true)
    for name in ("rand", "det"):
        targets = one.targets(name)
        one.learn(f"labels-{name}", targets)
        one.learn(f"{name}-few", one.moved(one.good, one.few(targets)))
    one.learn("natural-few", one.few(one.natural()))
    shaken = adversarial.shaken(one.targets("rand"), one.attack.epsilon, one.seed)
    one.learn("shaken", shaken)
    one.describe("shaken", one.good, shaken)


def strangers(one: Experiment) -> None:
    """Images moved for the mediocre teacher, and for networks that know nothing of the classes."""
    untrained = one.teach("untrained", epochs=0)
    for arm, by, name in (
        ("mediocre-rand", one.mediocre, "rand"),
        ("mediocre-det", one.mediocre, "det"),
        ("by-untrained", untrained, "rand"),
        ("by-shuffled", one.shuffled(), "rand"),
    ):
        on = one.moved(by, one.targets(name))
        one.learn(arm, on)
        one.describe(arm, by, on)


def radii(one: Experiment) -> None:
    """D_rand at other radii."""
    for times in RADII:
        radius = times * one.attack.epsilon
        how = Attack(radius, one.attack.steps, radius / 5)
        on = one.moved(one.good, one.targets("rand"), how)
        one.learn(f"radius-{times:g}", on)
        one.describe(f"radius-{times:g}", one.good, on)


def enough(one: Experiment) -> None:
    """The published hundred steps beside ten, on the same images, twice each."""
    targets = training_sets.subset(one.targets("rand"), 10_000, one.seed)
    for steps in (PUSHES, 100):
        on = one.moved(one.good, targets, replace(one.attack, steps=steps))
        one.learn(f"steps-{steps}", on)
        one.describe(f"steps-{steps}", one.good, on)
        one.learn(f"steps-{steps}-again", on)


def only_reached(one: Experiment) -> None:
    """D_rand where the teacher says the label, with true targets left out, and unmoved."""
    rand = one.moved(one.good, one.targets("rand"))
    wrong = one.wrong()
    on, count = one.reached(rand, "rand")
    one.learn("reached", on, count)
    one.learn("wrong", wrong)
    on, count = one.reached(wrong, "wrong")
    one.learn("wrong-reached", on, count)
    one.learn("wrong-reached-unmoved", adversarial.unmoved(on), count)
    one.learn("wrong-reached-few", one.few(on), len(one.unlearnt()))


def long_lessons(one: Experiment) -> None:
    """Four times as many steps; and with flips and shifts."""
    natural = one.natural()
    rand, det = (one.moved(one.good, one.targets(name)) for name in ("rand", "det"))
    on, count = one.reached(rand, "rand")
    one.learn("reached-long", on, count, LONGER)
    dealt = adversarial.dealt(rand, one.seed)
    for name, on in {
        "natural": natural,
        "rand": rand,
        "dealt": dealt,
        "wrong": one.wrong(),
    }.items():
        one.learn(f"{name}-long", on, times=LONGER)
    for name, on in {"natural": natural, "rand": rand, "det": det}.items():
        one.learn(f"{name}-augmented", on, times=LONGER, augment=True)


def baselines(one: Experiment) -> None:
    """Labels alone for longer, D_det where it is reached, natural mistakes under the controls."""
    natural = one.natural()
    moved = one.moved(one.good, natural)
    for arm, on in {
        "labels-wrong": training_sets.uniform_mistakes(one.true, one.seed),
        "natural-deranged": training_sets.deranged_within_classes(natural, one.seed),
        "natural-uniform": training_sets.uniform_mistakes(natural, one.seed),
        "natural-true": training_sets.corrected(natural),
        "natural-moved": moved,
    }.items():
        one.learn(arm, on)
    one.describe("natural-moved", one.good, moved)
    on, count = one.reached(one.moved(one.good, one.targets("det")), "det")
    one.learn("det-reached", on, count)
    one.learn("labels-rand-long", one.targets("rand"), times=LONGER)
    further = one.moved(one.mediocre, natural)
    one.learn("natural-further", further)
    one.describe("natural-further", one.mediocre, further)


def across(one: Experiment) -> None:
    """Each architecture teaches, by both kinds of error, and each learns from it."""
    models = [name for name in PREFIXES if not (one.quick and name.startswith("resnet"))]
    for name in models:
        prefix = PREFIXES[name]
        good = one.teach(f"{prefix}good", model=name)
        mediocre = one.teach(f"{prefix}mediocre", model=name, epochs=2)
        rand = one.moved(good, one.targets("rand"))
        natural = training_sets.mistakes(mediocre, one.images.train)
        for kind, on in {"natural": natural, "rand": rand}.items():
            for model in models:
                if not name == model == "small_cnn":  # that is the usual one
                    one.learn(f"{kind}-{name}-to-{model}", on, model=model)
        if prefix:
            one.learn(f"clean-{prefix[:-1]}", one.true, model=name)
            one.describe(f"{prefix}rand", good, rand)


def deep(one: Experiment) -> None:
    """The published rows with a better network."""
    strong = replace(STRONG, model="small_cnn", epochs=3) if one.quick else STRONG
    lesson = replace(LESSON, model=strong.model, epochs=2 if one.quick else 8)
    doubled = lesson if one.quick else replace(lesson, epochs=16)
    attack = Attack(one.attack.epsilon, steps=7, step_size=0.3 * one.attack.epsilon)

    def train(arm: str, on: TrainingSet, recipe: Recipe, seed: int, also=()) -> Run:
        made = one.lab.train(on, recipe, seed=seed, arm=arm, test=one.images.test, also=also)
        return one.runs.setdefault(arm, made)

    teacher = train("deep-good", one.true, strong, one.seed, [one.images.train])
    start = 1000 + one.seed
    rand, det = (one.moved(teacher, one.targets(name), attack) for name in ("rand", "det"))
    train("deep-labels-rand", one.targets("rand"), doubled, start)
    train("deep-rand", rand, lesson, start)
    train("deep-rand-doubled", rand, doubled, start)
    train("deep-det", det, lesson, start)
    one.describe("deep-rand", teacher, rand)
    one.describe("deep-det", teacher, det)
    for model in ("small_cnn", "mlp"):
        one.learn(f"rand-deep_cnn-to-{model}", rand, model=model)


def on_clothes(one: Experiment) -> None:
    """All of Fashion-MNIST, where perturbations may move along."""
    clothes = one.lab.load("fashion_mnist")

    def train(arm: str, on: TrainingSet, recipe: Recipe, seed: int) -> Run:
        arm = f"clothes-{arm}"
        made = one.lab.train(
            on, recipe, seed=seed, arm=arm, test=clothes.test, also=[clothes.train]
        )
        return one.runs.setdefault(arm, made)

    true = training_sets.true_labels(clothes.train)
    good = train("good", true, RECIPE, one.seed)
    mediocre = train("mediocre", true, replace(RECIPE, epochs=2), one.seed)
    targets = training_sets.uniform(clothes.train, one.seed)
    rand = one.moved(good, targets, CLOTHES)
    for arm, on in {
        "rand": rand,
        "dealt": adversarial.dealt(rand, one.seed),
        "grey": adversarial.on_grey(rand),
        "labels-rand": targets,
        "natural": training_sets.mistakes(mediocre, clothes.train),
    }.items():
        passes = round(STEPS / max(1, len(on) // LESSON.batch_size))
        train(arm, on, replace(LESSON, epochs=passes), 1000 + one.seed)
        if arm in ("rand", "dealt", "grey"):
            one.describe(f"clothes-{arm}", good, on)


LONG_PARTS = across, only_reached, long_lessons, baselines, on_clothes  # more than a minute
PARTS = sets, controls, strangers, radii, deep, *LONG_PARTS
