"""*Adversarial errors*: CIFAR-10 images moved until a network errs, beside those on which it errs.

Most of it is the small CNN's, as teacher and as student: controls need many runs. `deep` has a
better network for the two published rows, and `on_clothes` another data set.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from mislabel_utils.lab import Lab
from mislabel_utils.learning import adversarial, training_sets
from mislabel_utils.learning.adversarial import Attack
from mislabel_utils.learning.datasets import Dataset, Split
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm, Trial, at_scale

SEEDS = range(3)
MORE_STEPS = 90  # the seed whose good teacher is attacked with ten and with a hundred steps
RECIPE = Recipe("small_cnn", epochs=8, augment=True, precision="mixed")
LESSON = replace(RECIPE, augment=False, optimizer="adam", learning_rate=1e-3, weight_decay=0.0)
STEPS, LONGER = 1_950, 4  # of a student, whatever the size of its set; times as many in a long one
# Ilyas et al. 2019: the radius and the length of a step; they take a hundred steps.
EPSILON, PUSHES = 0.5, 10
ATTACK = Attack(EPSILON, PUSHES, EPSILON / 5)
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
        f"{kind}-{a}-to-{b}": Arm.student(f"{kinds[kind]} of {MODELS[a]}, student {MODELS[b]}")
        for kind, a, b in pairs
        if not a == b == "small_cnn"  # that is the usual one
    }


SMALL = {
    "good": Arm.teacher("good teacher"),
    "mediocre": Arm.teacher("mediocre teacher"),
    "half": Arm.teacher("teacher of half the images"),
    "mlp-good": Arm.teacher("good teacher, an MLP"),
    "mlp-mediocre": Arm.teacher("mediocre teacher, an MLP"),
    "resnet-good": Arm.teacher("good teacher, a ResNet-18"),
    "resnet-mediocre": Arm.teacher("mediocre teacher, a ResNet-18"),
    "untrained": Arm.control("untrained network", ""),
    "shuffled": Arm.teacher("network of shuffled labels", "other"),
    "natural": Arm.student("natural mistakes"),
    "natural-long": Arm.student("natural mistakes, four times the steps"),
    "natural-augmented": Arm.student("natural mistakes, steps × 4, flips and shifts"),
    "natural-further": Arm.student("natural mistakes, moved by their own teacher"),
    "natural-moved": Arm.student("natural mistakes, moved by the good teacher"),
    "natural-few": Arm.student("natural mistakes, few"),
    "natural-true": Arm.control("natural mistakes, true labels", "true"),
    "natural-deranged": Arm.control("natural mistakes, permuted within classes"),
    "natural-uniform": Arm.control("natural mistakes, any wrong label"),
    "unlearnt": Arm.student("natural mistakes on images it never saw"),
    "rand": Arm.student("moved to a random class (D_rand)"),
    "rand-long": Arm.student("D_rand, four times the steps"),
    "rand-augmented": Arm.student("D_rand, steps × 4, flips and shifts"),
    "rand-few": Arm.student("D_rand, few"),
    "reached": Arm.student("D_rand, only where the teacher predicts the label"),
    "reached-long": Arm.student("D_rand, only where predicted, four times the steps"),
    "wrong": Arm.student("D_rand, never the true class"),
    "wrong-long": Arm.student("D_rand, never the true class, four times the steps"),
    "wrong-reached": Arm.student("D_rand, each label wrong and the teacher's"),
    "wrong-reached-few": Arm.student("D_rand, each label wrong and the teacher's, few"),
    "wrong-reached-unmoved": Arm.control("labels of the reached, images unmoved"),
    "mediocre-rand": Arm.student("D_rand of the mediocre teacher"),
    "radius-0.25": Arm.student("D_rand, a quarter of the radius"),
    "radius-0.5": Arm.student("D_rand, half the radius"),
    "radius-2": Arm.student("D_rand, twice the radius"),
    "steps-10": Arm.student("D_rand of 10,000 images, ten steps"),
    "steps-10-again": Arm.student("D_rand of 10,000 images, ten steps, again"),
    "steps-100": Arm.student("D_rand of 10,000 images, a hundred steps"),
    "steps-100-again": Arm.student("D_rand of 10,000 images, a hundred steps, again"),
    "det": Arm.student("moved to the next class (D_det)"),
    "det-augmented": Arm.student("D_det, steps × 4, flips and shifts"),
    "det-few": Arm.student("D_det, few"),
    "det-reached": Arm.student("D_det, only where the teacher predicts the label"),
    "mediocre-det": Arm.student("D_det of the mediocre teacher"),
    "true": Arm.control("D_rand's images, true labels", "true"),
    "dealt": Arm.control("D_rand's perturbations on other images"),
    "dealt-long": Arm.control("dealt perturbations, four times the steps"),
    "grey": Arm.control("D_rand's perturbations on grey"),
    "labels-rand": Arm.control("D_rand's labels, images unmoved"),
    "labels-rand-long": Arm.control("D_rand's labels unmoved, four times the steps"),
    "labels-wrong": Arm.control("any wrong labels, images unmoved"),
    "labels-det": Arm.control("D_det's labels, images unmoved"),
    "shaken": Arm.control("as long a random move, random labels"),
    "by-untrained": Arm.control("moved for an untrained network"),
    "by-shuffled": Arm.control("moved for a network of shuffled labels"),
    "clean": Arm.control("all images, true labels", "true"),
    "clean-mlp": Arm.control("all images, true labels, an MLP", "true"),
    "clean-resnet": Arm.control("all images, true labels, a ResNet-18", "true"),
    **_across(),
}
ARMS = {f"small-{arm}": called for arm, called in SMALL.items()} | {
    "deep-good": Arm.teacher("better network, teacher"),
    "deep-rand": Arm.student("D_rand of the better network"),
    "deep-rand-doubled": Arm.student("D_rand of the better network, sixteen passes"),
    "deep-labels-rand": Arm.control("better network: D_rand's labels, unmoved"),
    "deep-det": Arm.student("D_det of the better network"),
    "clothes-good": Arm.teacher("clothes: good teacher"),
    "clothes-mediocre": Arm.teacher("clothes: mediocre teacher"),
    "clothes-natural": Arm.student("clothes: natural mistakes"),
    "clothes-rand": Arm.student("clothes: D_rand"),
    "clothes-dealt": Arm.control("clothes: D_rand's perturbations on other images"),
    "clothes-grey": Arm.control("clothes: D_rand's perturbations on grey"),
    "clothes-labels-rand": Arm.control("clothes: D_rand's labels, images unmoved"),
}


def load(lab: Lab) -> Dataset:
    """CIFAR-10, or at quick scale photographs of clothes, which stand in for it."""
    return lab.load("fashion_mnist" if lab.scale == "quick" else "cifar10")


class Experiment(Trial):
    """One seed: its teachers, its training sets, and what learns from them.

    `aims` are classes to move images towards: drawn at random, "rand", or the next ones, "det".
    """

    def __init__(self, lab: Lab, seed: int) -> None:
        super().__init__(lab, seed, load(lab), prefix="small-")
        self.quick = lab.scale == "quick"
        self.recipe = at_scale(lab, RECIPE, epochs=3)
        self.steps = 30 if self.quick else STEPS
        self.attack = at_scale(lab, ATTACK, epsilon=1.5, steps=5, step_size=0.3)
        train = self.images.train
        self.true = training_sets.true_labels(train)
        self.aims = {
            "rand": training_sets.uniform(train, seed),
            "det": training_sets.next_class(train),
        }
        if self.quick:  # attacks are most of the minute
            self.aims = {k: training_sets.subset(v, 1_000, seed) for k, v in self.aims.items()}

    def train(
        self, arm: str, on: TrainingSet, recipe: Recipe, seed: int, also: Sequence[Split] = ()
    ) -> Run:
        """A network of the seed, tested on clothes where it is one of theirs."""
        images, named = self.images, arm if arm in ARMS else self.prefix + arm
        if arm.startswith("clothes"):
            images, also = (clothes := self.lab.load("fashion_mnist")), [clothes.train]
        run = self.lab.train(on, recipe, seed=seed, arm=named, test=images.test, also=also)
        return self.runs.setdefault(arm, run)

    def teacher(self, arm: str, on: TrainingSet | None = None, **changes) -> Run:
        """A network of the true labels, or of others, with changes of the recipe."""
        recipe = replace(self.recipe, **changes)
        return self.runs.get(arm) or self.teach(arm, on or self.true, recipe)

    @property
    def good(self) -> Run:
        return self.teacher("good")

    @property
    def mediocre(self) -> Run:
        return self.teacher("mediocre", epochs=2)

    def shuffled(self) -> Run:
        """A network that learnt shuffled labels of a tenth of the images by heart."""
        some = training_sets.subset(self.true, len(self.images.train) // 10, self.seed)
        labels, passes = training_sets.shuffled(some, self.seed), 10 * self.recipe.epochs
        return self.teacher("shuffled", labels, epochs=passes, augment=False)

    def student(
        self, arm: str, on: TrainingSet, count: int | None = None, times: int = 1,
        asked: Run | None = None, **changes,
    ) -> None:  # fmt: skip
        """A student in about `STEPS` steps, or `times` as many, whatever the size of its set.

        `count` is that size where only a full run could count it; `asked` is the attacked network,
        to `describe` the set; `changes` are of the recipe.
        """
        passes = passes_of(len(on) if count is None else count, times * self.steps)
        # "Again" is a second student.
        seed = 1000 + self.seed + 500 * arm.endswith("again")
        self.train(arm, on, replace(LESSON, **{"epochs": passes} | changes), seed)
        if asked:
            self.describe(arm, asked, on)

    def moved(self, by: Run, aims: TrainingSet | str, how: Attack | None = None) -> TrainingSet:
        """Images moved for a network, towards some of the `aims` or others."""
        aims = self.aims[aims] if isinstance(aims, str) else aims
        return adversarial.adversarial(by, aims, how or self.attack)

    @property
    def four(self) -> TrainingSet:
        """Those of D_rand's images that are shown, with their targets."""
        return training_sets.subset(self.aims["rand"], 4, 1)

    def natural(self) -> TrainingSet:
        return training_sets.mistakes(self.mediocre, self.images.train)

    def unlearnt(self) -> TrainingSet:
        """Mistakes on images that their teacher was not trained on: the smallest of the sets."""
        learnt = training_sets.subset(self.true, len(self.images.train) // 2, self.seed)
        wrong = training_sets.mistakes(self.teacher("half", learnt), self.images.train)
        return training_sets.without(wrong, learnt)

    def few(self, given: TrainingSet) -> TrainingSet:
        """As many of a set as the smallest has."""
        return training_sets.subset(given, len(self.unlearnt()), self.seed)

    def reached(self, on: TrainingSet, arm: str) -> tuple[TrainingSet, int]:
        """The images that the good teacher takes for their label, and how many of them."""
        share = float(self.described[arm]["target"])
        return adversarial.reached(self.good, on), round(share * len(on))

    def wrong(self) -> TrainingSet:
        """D_rand with targets that are never the true class."""
        return self.moved(self.good, training_sets.uniform_mistakes(self.true, self.seed))


def passes_of(count: int, steps: int) -> int:
    """Passes over so many images that make about so many steps."""
    return round(steps / max(1, count // LESSON.batch_size))


def at_radius(attack: Attack, times: float) -> Attack:
    """The same attack in a ball of so many times the radius."""
    radius = times * attack.epsilon
    return replace(attack, epsilon=radius, step_size=radius / 5)


def four_moved(one: Experiment, times: float) -> Tensor:
    """Four images of D_rand, moved by so many `times` the usual radius, then what was added to
    each, amplified around grey; uint8 (8, C, H, W).
    """
    on = one.moved(one.good, one.four, at_radius(one.attack, times))
    moved, start = on.images[on.kept], one.images.train.images[on.kept] / 255
    added = (0.5 + AMPLIFIED * (moved - start)).clamp(0, 1)
    return (255 * torch.cat([moved, added])).round().byte()


def shaken_true(lab: Lab, seed: int) -> Run:
    """Photographs moved as far as D_rand's, in random directions, with their true labels."""
    one = Trial(lab, seed, lab.load("cifar10"))
    aims = training_sets.uniform(one.images.train, seed)
    shaken = training_sets.corrected(adversarial.shaken(aims, EPSILON, seed))
    return one.learn("shaken-true", shaken, replace(LESSON, epochs=passes_of(len(aims), STEPS)))


def experiment(lab: Lab, seed: int) -> dict[str, Run]:
    """Every network of a seed, by arm; those of the small students without their "small-"."""
    if seed == SEEDS[0] and lab.scale != "quick":
        gone_through(lab, MORE_STEPS)
    return gone_through(lab, seed).runs


def gone_through(lab: Lab, seed: int) -> Experiment:
    """A seed with all its networks; at quick scale without what takes more than a minute."""
    one = Experiment(lab, seed)
    parts = (enough,) if seed == MORE_STEPS else PARTS if one.quick else PARTS + LONG_PARTS
    for part in parts:
        part(one)
    return one


def sets(one: Experiment) -> None:
    """Both kinds of error, and D_rand's perturbations taken from their images."""
    rand, good = one.moved(one.good, "rand"), one.good
    one.student("natural", one.natural())
    one.student("unlearnt", one.unlearnt())
    one.student("true", training_sets.corrected(rand))
    one.student("rand", rand, asked=good)
    one.student("dealt", adversarial.dealt(rand, one.seed), asked=good)
    one.student("grey", adversarial.on_grey(rand), asked=good)
    one.student("det", one.moved(good, "det"), asked=good)


def controls(one: Experiment) -> None:
    """What the lesson can teach, what labels alone teach, few images, a random move."""
    one.student("clean", one.true)
    for name, aims in one.aims.items():
        one.student(f"labels-{name}", aims)
        one.student(f"{name}-few", one.moved(one.good, one.few(aims)))
    one.student("natural-few", one.few(one.natural()))
    shaken = adversarial.shaken(one.aims["rand"], one.attack.epsilon, one.seed)
    one.student("shaken", shaken, asked=one.good)


def strangers(one: Experiment) -> None:
    """Images moved for the mediocre teacher, and for networks that know nothing of the classes; and
    D_rand at other radii."""
    for arm, by, name in (
        ("mediocre-rand", one.mediocre, "rand"),
        ("mediocre-det", one.mediocre, "det"),
        ("by-untrained", one.teacher("untrained", epochs=0), "rand"),
        ("by-shuffled", one.shuffled(), "rand"),
    ):
        one.student(arm, one.moved(by, name), asked=by)
    for times in RADII:
        on = one.moved(one.good, "rand", at_radius(one.attack, times))
        one.student(f"radius-{times:g}", on, asked=one.good)


def enough(one: Experiment) -> None:
    """The published hundred steps beside ten, on the same images, twice each."""
    aims = training_sets.subset(one.aims["rand"], 10_000, one.seed)
    for steps in (PUSHES, 100):
        on = one.moved(one.good, aims, replace(one.attack, steps=steps))
        one.student(f"steps-{steps}", on, asked=one.good)
        one.student(f"steps-{steps}-again", on)


def only_wrong(one: Experiment) -> None:
    """D_rand where the teacher says the label, with true targets left out, and unmoved; any wrong
    labels; natural mistakes under the controls, and moved."""
    natural = one.natural()
    one.student("reached", *one.reached(one.moved(one.good, "rand"), "rand"))
    one.student("wrong", one.wrong(), asked=one.good)
    on, count = one.reached(one.wrong(), "wrong")
    one.student("wrong-reached", on, count)
    one.student("wrong-reached-unmoved", adversarial.unmoved(on), count)
    one.student("wrong-reached-few", one.few(on), len(one.unlearnt()))
    one.student("det-reached", *one.reached(one.moved(one.good, "det"), "det"))
    one.student("labels-wrong", training_sets.uniform_mistakes(one.true, one.seed))
    one.student("natural-deranged", training_sets.deranged_within_classes(natural, one.seed))
    one.student("natural-uniform", training_sets.uniform_mistakes(natural, one.seed))
    one.student("natural-true", training_sets.corrected(natural))
    one.student("natural-moved", one.moved(one.good, natural), asked=one.good)
    one.student("natural-further", one.moved(one.mediocre, natural), asked=one.mediocre)


def long_lessons(one: Experiment) -> None:
    """Four times as many steps; and with flips and shifts."""
    rand = one.moved(one.good, "rand")
    errors = {"natural": one.natural(), "rand": rand}
    others = {
        "dealt": adversarial.dealt(rand, one.seed),
        "wrong": one.wrong(),
        "labels-rand": one.aims["rand"],
    }
    for name, on in (errors | others).items():
        one.student(f"{name}-long", on, times=LONGER)
    one.student("reached-long", *one.reached(rand, "rand"), times=LONGER)
    for name, on in (errors | {"det": one.moved(one.good, "det")}).items():
        one.student(f"{name}-augmented", on, times=LONGER, augment=True)


def across(one: Experiment) -> None:
    """Each architecture teaches, by both kinds of error, and each learns from it."""
    for name, prefix in PREFIXES.items():
        good = one.teacher(f"{prefix}good", model=name)
        mediocre = one.teacher(f"{prefix}mediocre", model=name, epochs=2)
        rand = one.moved(good, "rand")
        natural = training_sets.mistakes(mediocre, one.images.train)
        for model in PREFIXES:
            if not name == model == "small_cnn":  # that is the usual one
                one.student(f"natural-{name}-to-{model}", natural, model=model)
                one.student(f"rand-{name}-to-{model}", rand, model=model)
        if prefix:
            one.student(f"clean-{prefix[:-1]}", one.true, model=name)
            one.describe(f"{prefix}rand", good, rand)


def deep(one: Experiment) -> None:
    """The published rows with a better network."""
    strong = at_scale(one.lab, STRONG, model="small_cnn", epochs=3)
    lesson = {"model": strong.model, "epochs": 2 if one.quick else 8}
    doubled = lesson | {"epochs": 2 if one.quick else 16}
    attack = replace(one.attack, steps=7, step_size=0.3 * one.attack.epsilon)
    teacher = one.teach("deep-good", one.true, strong)
    rand, det = (one.moved(teacher, name, attack) for name in ("rand", "det"))
    one.student("deep-labels-rand", one.aims["rand"], **doubled)
    one.student("deep-rand", rand, asked=teacher, **lesson)
    one.student("deep-rand-doubled", rand, **doubled)
    one.student("deep-det", det, asked=teacher, **lesson)
    for model in ("small_cnn", "mlp"):
        one.student(f"rand-deep_cnn-to-{model}", rand, model=model)


def on_clothes(one: Experiment) -> None:
    """All of Fashion-MNIST, where perturbations may move along."""
    clothes = one.lab.load("fashion_mnist").train
    true, aims = training_sets.true_labels(clothes), training_sets.uniform(clothes, one.seed)
    good = one.teacher("clothes-good", true)
    mediocre = one.teacher("clothes-mediocre", true, epochs=2)
    rand = one.moved(good, aims, CLOTHES)
    one.student("clothes-natural", training_sets.mistakes(mediocre, clothes))
    one.student("clothes-labels-rand", aims)
    one.student("clothes-rand", rand, asked=good)
    one.student("clothes-dealt", adversarial.dealt(rand, one.seed), asked=good)
    one.student("clothes-grey", adversarial.on_grey(rand), asked=good)


PARTS = sets, controls, strangers, deep
LONG_PARTS = across, only_wrong, long_lessons, on_clothes  # more than a minute
