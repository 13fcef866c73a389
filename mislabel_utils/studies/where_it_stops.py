"""*Where it stops*: which mistakes teach, from ten classes down to two.

Teachers of ten, sixty and four hundred steps label images that they were not trained on; students
learn from all of their mistakes, the surest, the least sure, or as many at random.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mislabel_utils.lab import Lab
from mislabel_utils.learning import (
    datasets,
    inference,
    inputs,
    models,
    probes,
    training,
    training_sets,
)
from mislabel_utils.learning.datasets import Dataset, Split
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.plane import mistakes, networks
from mislabel_utils.recording.runs import recipe_json
from mislabel_utils.studies import Arm

SEEDS = range(5)
DATA, PAIR = ("fashion_mnist", "cifar10"), ("cifar10", "cat", "dog")
CLASSES, TEACHER_STEPS, STUDENT_STEPS = (2, 3, 5, 10), (10, 60, 400), 300
RECIPE = Recipe("small_cnn", epochs=1, learning_rate=0.03, precision="mixed")
PUBLISHED = 37.5  # per cent, of the notebook Inverse-Subset: most confident mistakes, true labels
SMALLEST = 20  # with fewer mistakes there is no student
DRAWS = 50  # of the plane, a seed
PROTOCOL = 1  # raise it when what is measured here changes
OTHERS = 1  # likewise, of `other_labels`
THREE = range(3)  # the seeds of these
ARMS: dict[str, Arm] = {}  # its networks are measured where they are trained, and have no record
# Which of the mistakes, as their records call them, and in words.
CHOICES = {
    "all": "all",
    "confident": "most confident",
    "timid": "least confident",
    "random": "random",
}
WAYS = ("wrong", "true")  # of labelling the same images


class Protocol:
    """What a scale makes of the protocol: at quick scale clothes stand in for cats and dogs."""

    def __init__(self, scale: str) -> None:
        quick = scale == "quick"
        self.data = DATA[:1] if quick else DATA
        self.pair = ("fashion_mnist", "Coat", "Shirt") if quick else PAIR
        self.classes = (2, 10) if quick else CLASSES
        self.teacher_steps = (10, 60) if quick else TEACHER_STEPS
        self.student_steps = 60 if quick else STUDENT_STEPS
        self.recipe = replace(RECIPE, batch_size=32, learning_rate=0.02) if quick else RECIPE
        self.draws = 5 if quick else DRAWS

    def train(self, pictures: Split, labels: Tensor, steps: int, seed: int) -> nn.Module:
        """A new network, after `steps` batches of these pictures."""
        on = training_sets.rounds(pictures, labels, steps * self.recipe.batch_size, seed)
        return training.train(self.recipe, on, seed=seed).network

    def answers(self, network: nn.Module, pictures: Split) -> tuple[Tensor, Tensor]:
        """How sure the network is, and of what."""
        return tuple(inference.probabilities(network, pictures, self.recipe.precision).max(1))

    def cells(self, data: Dataset, steps: int, seed: int, pair: bool = False) -> list[dict]:
        """One teacher, and a student of each choice of its mistakes; of a `pair` of classes fewer
        images teach, and each choice has a student of its true labels as well."""
        teacher, asked, rest, said, chosen = self.mistakes(data, steps, seed, pair)
        return [
            self.cell(teacher, inputs.part(rest, rows), labels[rows], asked, data.test, seed)
            for labels in ((said, rest.labels) if pair else (said,))
            for rows in chosen.values()
        ]

    def mistakes(
        self, data: Dataset, steps: int, seed: int, pair: bool = False
    ) -> tuple[nn.Module, Split, Split, Tensor, dict[str, Tensor]]:
        """A teacher, the images that a vote is asked about, and all that it has not learnt: what it
        says of these, and the rows of each choice of its mistakes, see `kinds`."""
        size = len(data.train)
        parts = [round(0.15 * size) if pair else size // 2, min(size // 10, 2_000)]
        learned, asked, rest = inputs.random_split(data.train, parts, seed)
        teacher = self.train(learned, learned.labels, steps, seed)
        sure, said = self.answers(teacher, rest)
        wrong = (said != rest.labels).nonzero().squeeze(1)
        count = round(0.15 * len(rest)) if pair else len(wrong) // 5
        return teacher, asked, rest, said, kinds(wrong, sure[wrong], count, seed)

    def cell(
        self, teacher: nn.Module, shown: Split, labels: Tensor, asked: Split, test: Split, seed: int
    ) -> dict[str, float]:
        """The vote of the pictures shown, then the student that they teach."""
        heard = self.answers(teacher, test)[1]
        found = {"images": len(labels), "teacher": inference.accuracy(heard, test.labels)}
        if len(labels) < SMALLEST:
            return found
        found["commonest"] = labels.bincount().max().item() / len(labels)
        found |= self.votes(teacher, shown, labels, asked, seed)
        # Another seed than the teacher's: other weights to start from.
        student = self.train(shown, labels, self.student_steps, 1000 + seed)
        answer = self.answers(student, test)[1]
        return found | {
            "student": inference.accuracy(answer, test.labels),
            "agreement": inference.accuracy(answer, heard),
        }

    def trio(self, data: Dataset, steps: int, seed: int) -> dict[str, float]:
        """One teacher, and students of a random fifth of its mistakes, by whose labels."""
        teacher, _, rest, said, chosen = self.mistakes(data, steps, seed)
        rows, who = chosen["random"], {"teacher": teacher}
        shown = inputs.part(rest, rows)
        given = TrainingSet(inputs.Inputs(shown), {"kind": "said"}, lambda: said[rows])
        for whose, on in {
            "said": given,
            "uniform": training_sets.uniform_mistakes(given, seed),
            "deranged": training_sets.deranged_within_classes(given, seed),
        }.items():
            some = inputs.part(shown, on.kept.nonzero().squeeze(1))
            who[whose] = self.train(some, on.labels[on.kept], self.student_steps, 1000 + seed)
        return {"images": float(len(rows))} | {
            name: inference.accuracy(self.answers(network, data.test)[1], data.test.labels)
            for name, network in who.items()
        }

    def votes(
        self, teacher: nn.Module, shown: Split, labels: Tensor, asked: Split, seed: int
    ) -> dict[str, float]:
        """How often the nearest mistakes name the truth, or what the teacher says."""
        shape = tuple(shown.images.shape[1:])
        blank = models.build(self.recipe.model, shape, len(asked.classes), 1000 + seed)
        views: dict[str, Callable[[Split], Tensor]] = {"pixels": probes.pixels}
        for name, network in {"student": blank, "teacher": teacher}.items():
            views[name] = lambda split, of=network: inference.features(
                of, split.images, split.normalization, self.recipe.precision
            )
        said, found = self.answers(teacher, asked)[1], {}
        for name, view in views.items():
            vote = probes.vote(view(asked), view(shown), labels)
            found[f"vote {name}"] = inference.accuracy(vote, asked.labels)
            found[f"echo {name}"] = inference.accuracy(vote, said)
        return found


def kinds(rows: Tensor, confidence: Tensor, count: int, seed: int) -> dict[str, Tensor]:
    """Rows, int64 (n,), and three choices of `count` of them, or of all where there are fewer.

    By name: "all"; "confident", where the teacher was surest by its `confidence` (n,); "timid",
    where it was least sure; and "random", the control for their number.
    """
    ranked = rows[confidence.argsort(descending=True, stable=True)]
    count, random = min(count, len(rows)), training_sets.random_numbers(seed)
    return {
        "all": rows,
        "confident": ranked[:count],
        "timid": ranked[len(rows) - count :],
        "random": rows[torch.randperm(len(rows), generator=random)[:count]],
    }


def load(lab: Lab) -> list[Dataset]:
    """The data sets of the sweeps."""
    return [lab.load(name) for name in Protocol(lab.scale).data]


def experiment(lab: Lab, seed: int) -> dict[str, dict[str, np.ndarray]]:
    """All cells of a seed: the sweeps by data set, the "pair" and the "plane"."""
    protocol = Protocol(lab.scale)
    shape = (len(protocol.classes), len(protocol.teacher_steps), 4)
    found = {
        name: _measured(
            lab, f"sweep-{name}", seed, data, partial(sweep, protocol, data, seed), *shape
        )
        for name, data in zip(protocol.data, load(lab), strict=True)
    }
    two = datasets.restrict(lab.load(protocol.pair[0]), protocol.pair[1:])
    both = partial(protocol.cells, two, protocol.teacher_steps[-1], seed, pair=True)
    return found | {
        "pair": _measured(lab, "pair", seed, two, both, 2, 4),
        "plane": in_the_plane(lab, seed),
    }


def sweep(protocol: Protocol, data: Dataset, seed: int) -> list[dict[str, float]]:
    """By number of classes, drawn at random, and by the teacher's steps."""
    return [
        found
        for count in protocol.classes
        for steps in protocol.teacher_steps
        for found in protocol.cells(drawn(data, count, seed), steps, seed)
    ]


def in_the_plane(lab: Lab, seed: int) -> dict[str, np.ndarray]:
    """The same in the plane, see `plane.mistakes`."""
    draws = Protocol(lab.scale).draws
    config = {
        "experiment": "mistakes in the plane",
        "protocol": mistakes.PROTOCOL,
        "draws": draws,
        "seed": seed,
        "points": (mistakes.POINTS, mistakes.FRESH),
        "border": (mistakes.HEIGHT, mistakes.WAVES),
        "network": mistakes.WIDTH,
        "recipe": asdict(networks.Recipe()),
        "steps": (mistakes.TEACHERS, mistakes.STUDENT),
    }
    of_seed = range(draws * seed, draws * (seed + 1))
    return lab.measure(
        "mistakes-in-the-plane", seed, config, lambda: mistakes.measurements(of_seed)
    )


def drawn(data: Dataset, count: int, seed: int) -> Dataset:
    """So many of its classes, drawn at random."""
    order = torch.randperm(len(data.classes), generator=torch.Generator().manual_seed(seed))
    return datasets.restrict(data, [data.classes[each] for each in order[:count]])


def other_labels(lab: Lab, name: str, seed: int) -> dict[str, np.ndarray]:
    """Ten classes: a random fifth of a teacher's mistakes, with its labels and with others.

    For each number of a teacher's steps: "images", how many; "teacher", its accuracy; and the
    students' by whose labels they learn ("said", "uniform": any class but the true one, "deranged":
    its own, permuted in each class).
    """
    data, protocol = lab.load(name), Protocol(lab.scale)

    def compute() -> dict[str, list[float]]:
        named = drawn(data, len(data.classes), seed)
        cells = [protocol.trio(named, steps, seed) for steps in protocol.teacher_steps]
        return {what: [cell[what] for cell in cells] for what in cells[0]}

    config = {
        "experiment": "stops, other labels", "on": data.fingerprint, "seed": seed,
        "protocol": (OTHERS, training.PROTOCOL), "network": recipe_json(protocol.recipe),
        "steps": (protocol.teacher_steps, protocol.student_steps),
    }  # fmt: skip
    return lab.measure(f"stops-{name}", seed, config, compute)


def _measured(
    lab: Lab, arm: str, seed: int, data: Dataset, compute: Callable[[], list[dict[str, float]]],
    *shape: int,
) -> dict[str, np.ndarray]:  # fmt: skip
    """The numbers of many cells by name, each an array of this shape."""
    protocol = Protocol(lab.scale)
    config: dict[str, Any] = {
        "experiment": arm,
        "on": data.fingerprint,
        "seed": seed,
        "protocol": (PROTOCOL, training.PROTOCOL, probes.PROTOCOL),
        "network": recipe_json(protocol.recipe),
        "smallest": SMALLEST,
        "steps": (protocol.teacher_steps, protocol.student_steps),
        "classes": protocol.classes,
        "shape": shape,
    }

    def arrays() -> dict[str, np.ndarray]:
        found = compute()
        names = dict.fromkeys(name for each in found for name in each)
        table = {name: [each.get(name, np.nan) for each in found] for name in names}
        return {name: np.reshape(values, shape) for name, values in table.items()}

    return lab.measure(arm, seed, config, arrays)
