"""What a student is trained on: pairs (x, f(x)), a place and what a teacher says there.

A training set says in JSON how its images and labels were made, which is what identifies it, and
computes them when they are first needed: a recorded run is looked up without either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from mislabel_utils.learning.datasets import Split
from mislabel_utils.learning.environment import pinned
from mislabel_utils.learning.inference import Teacher
from mislabel_utils.learning.inputs import Inputs, digest, inputs_of

LEFT_OUT = -1


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Inputs, and a label for each.

    Attributes
    ----------
    source : JSON that says how the labels were made; with that of the inputs, its identity
    compute : makes the labels
    asked : SHA-256 of the weights of the network that has to be asked for the labels; None where
        recorded predictions will do
    """

    inputs: Inputs
    source: dict[str, Any]
    compute: Callable[[], Tensor]
    asked: str | None = None

    @property
    def split(self) -> Split:
        return self.inputs.split

    @property
    def network(self) -> str | None:
        """That of the network that has to be asked now, for labels or images."""
        return self.asked or self.inputs.network

    @property
    def images(self) -> Tensor:
        """uint8 or float32 in [0, 1], (N, C, H, W)."""
        return self.inputs.images

    @cached_property
    @pinned()
    def labels(self) -> Tensor:
        """int64 (N,) or, of class probabilities, float32 (N, K); -1 where the image is left out."""
        return self.compute()

    @property
    def hard_labels(self) -> Tensor:
        """The labels where they are classes; a ValueError where they are probabilities."""
        if self.labels.ndim > 1:
            raise ValueError("These labels are probabilities: give predictions, not soft ones.")
        return self.labels

    @property
    def kept(self) -> Tensor:
        """Which images are trained on, bool (N,)."""
        return (self.labels if self.labels.ndim == 1 else self.labels[:, 0]) != LEFT_OUT

    def __len__(self) -> int:
        """How many images are trained on."""
        return int(self.kept.sum())

    def digests(self) -> dict[str, str]:
        """SHA-256 of the labels, of images that are made, and of the network asked for them."""
        found = {"labels": digest(self.labels)}
        if self.inputs.source is not None:
            found["images"] = digest(self.images)
        return found | ({"network": self.network} if self.network else {})

    def relabelled(self, kind: str, compute: Callable[[], Tensor], **how: Any) -> TrainingSet:
        """The same inputs with labels made from these."""
        return TrainingSet(
            self.inputs, {"kind": kind, "of": self.source, **how}, compute, self.asked
        )


def true_labels(on: Split | Inputs) -> TrainingSet:
    """The labels that the data set came with."""
    inputs = inputs_of(on)
    return TrainingSet(inputs, {"kind": "true"}, lambda: inputs.true_labels)


def predictions(run: Teacher, on: Split | Inputs) -> TrainingSet:
    """Each image with the class the network takes it for, right or wrong."""
    return _said("predictions", run, on, _answers)


def mistakes(run: Teacher, on: Split | Inputs) -> TrainingSet:
    """Only the images that the network gets wrong, with its wrong labels (Wallace 2019)."""

    def compute(run: Teacher, inputs: Inputs) -> Tensor:
        said = _answers(run, inputs)
        return torch.where(said != inputs.true_labels, said, LEFT_OUT)

    return _said("mistakes", run, on, compute)


def soft_predictions(run: Teacher, on: Split | Inputs) -> TrainingSet:
    """Each image with the network's class probabilities (Hinton et al. 2015, temperature 1)."""
    return _said("soft", run, on, _probabilities, asked=True)


def soft_mistakes(run: Teacher, on: Split | Inputs) -> TrainingSet:
    """Only the images that the network gets wrong, with its class probabilities."""

    def compute(run: Teacher, inputs: Inputs) -> Tensor:
        wrong = _answers(run, inputs) != inputs.true_labels
        return torch.where(wrong[:, None], _probabilities(run, inputs), float(LEFT_OUT))

    return _said("soft mistakes", run, on, compute, asked=True)


def subset(given: TrainingSet, count: int, seed: int) -> TrainingSet:
    """`count` of the images, drawn at random, with their labels: a ValueError if they are fewer."""

    def compute() -> Tensor:
        kept = given.kept.nonzero().squeeze(1)
        if not 0 <= count <= len(kept):
            raise ValueError(f"A subset of {count} images cannot be drawn from {len(kept)}.")
        drawn = kept[torch.randperm(len(kept), generator=random_numbers(seed))[:count]]
        labels = torch.full_like(given.labels, LEFT_OUT)
        labels[drawn] = given.labels[drawn]
        return labels

    return given.relabelled("subset", compute, count=count, seed=seed)


def without(given: TrainingSet, other: TrainingSet) -> TrainingSet:
    """The images that `other` leaves out; a ValueError unless it is on the same inputs."""
    here, there = ((each.inputs.name, each.split.fingerprint) for each in (given, other))
    if here != there:
        raise ValueError(
            f"Images of {other.inputs.name} cannot be left out of {given.inputs.name}."
        )

    def compute() -> Tensor:
        labels = given.labels.clone()
        labels[other.kept] = LEFT_OUT
        return labels

    return given.relabelled("without", compute, without=other.source)


def corrected(given: TrainingSet) -> TrainingSet:
    """The same images with their true labels."""
    return given.relabelled(
        "corrected", lambda: torch.where(given.kept, given.inputs.true_labels, LEFT_OUT)
    )


def uniform(on: Split | Inputs, seed: int) -> TrainingSet:
    """A class drawn uniformly for each image, without looking at it."""
    inputs = inputs_of(on)

    def compute() -> Tensor:
        count = len(inputs.split) if inputs.aligned else len(inputs.images)
        return torch.randint(len(inputs.split.classes), (count,), generator=random_numbers(seed))

    return TrainingSet(inputs, {"kind": "uniform", "seed": seed}, compute)


def dealt_out(on: Split | Inputs, counts: Sequence[int], seed: int) -> TrainingSet:
    """Shuffled classes: class k stands on `counts[k]` of the images."""

    def compute() -> Tensor:
        labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
        return labels[torch.randperm(len(labels), generator=random_numbers(seed))]

    source = {"kind": "dealt out", "counts": list(counts), "seed": seed}
    return TrainingSet(inputs_of(on), source, compute)


def next_class(on: Split | Inputs) -> TrainingSet:
    """Each image with the class after its own, the last with the first (D_det's targets)."""
    inputs = inputs_of(on)
    classes = len(inputs.split.classes)
    return TrainingSet(inputs, {"kind": "next class"}, lambda: (inputs.true_labels + 1) % classes)


def uniform_mistakes(given: TrainingSet, seed: int) -> TrainingSet:
    """The same images, each with a class drawn uniformly from those that it is *not*."""

    def compute() -> Tensor:
        true, classes = given.inputs.true_labels, len(given.split.classes)
        shift = torch.randint(1, classes, true.shape, generator=random_numbers(seed))
        return torch.where(given.kept, (true + shift) % classes, LEFT_OUT)

    return given.relabelled("uniform mistakes", compute, seed=seed)


def shuffled(given: TrainingSet, seed: int) -> TrainingSet:
    """The same labels, permuted among the same images: how often each occurs stays."""

    def compute() -> Tensor:
        labels, kept = given.labels.clone(), given.kept.nonzero().squeeze(1)
        labels[kept] = labels[kept[torch.randperm(len(kept), generator=random_numbers(seed))]]
        return labels

    return given.relabelled("shuffled", compute, seed=seed)


def deranged_within_classes(given: TrainingSet, seed: int) -> TrainingSet:
    """The same labels, permuted within each true class so that no image keeps its own.

    The confusion matrix of the images that stay is what it was. Where one label is more than half
    of a class, images drawn at random among those that carry it are left out until it is half.
    """

    def compute() -> Tensor:
        labels, generator = given.hard_labels.clone(), random_numbers(seed)
        for true in range(len(given.split.classes)):
            rows = (given.kept & (given.inputs.true_labels == true)).nonzero().squeeze(1)
            rows = rows[torch.randperm(len(rows), generator=generator)]
            commonest = labels[rows].mode().values if len(rows) else LEFT_OUT
            carrying = rows[labels[rows] == commonest]
            dropped = carrying[: max(0, 2 * len(carrying) - len(rows))]
            labels[dropped] = LEFT_OUT
            kept = rows[~torch.isin(rows, dropped)]
            labels[kept] = _deranged(labels[kept], generator)
        return labels

    return given.relabelled("deranged within classes", compute, seed=seed)


def _deranged(labels: Tensor, generator: torch.Generator) -> Tensor:
    """The labels in a random order in which no place keeps its own; none may exceed half."""
    dealt = labels[torch.randperm(len(labels), generator=generator)]
    kept, now = labels.numpy(), dealt.numpy()  # views: each step is quicker than with tensors
    while len(stuck := (now == kept).nonzero()[0]):
        # Swap one that kept its label with a place where both then have another.
        place = stuck[0]
        places = ((now != kept[place]) & (kept != now[place])).nonzero()[0]
        other = places[torch.randint(len(places), (1,), generator=generator).item()]
        now[[place, other]] = now[[other, place]]
    return dealt


@pinned()
def rounds(pictures: Split, labels: Tensor, count: int, seed: int) -> TrainingSet:
    """`count` pictures of a split with these labels, int64 (N,): each as often, or once more.

    A pass over them has the same number of steps however many different pictures there are.
    """
    size, generator = len(pictures), random_numbers(seed)
    times = -(-count // size)
    rows = torch.cat([torch.randperm(size, generator=generator) for _ in range(times)])[:count]
    source = {"kind": "rounds", "of": pictures.fingerprint, "count": count, "seed": seed}
    inputs = Inputs(pictures, source, lambda: pictures.images[rows], aligned=False)
    return TrainingSet(inputs, {"kind": "given", "labels": digest(labels)}, lambda: labels[rows])


def _said(
    kind: str,
    run: Teacher,
    on: Split | Inputs,
    compute: Callable[[Teacher, Inputs], Tensor],
    asked: bool = False,
) -> TrainingSet:
    inputs = inputs_of(on)
    source = {"kind": kind, "run": run.id, "on": inputs.name}
    weights = run.weights if asked or inputs.source is not None else None
    return TrainingSet(inputs, source, lambda: compute(run, inputs), weights)


def _answers(run: Teacher, inputs: Inputs) -> Tensor:
    """Recorded for a split; asked for now where the images are made."""
    if inputs.source is None:
        return run.predict(inputs.split)
    return run.outputs(inputs.images, inputs.split.normalization).argmax(1)


def _probabilities(run: Teacher, inputs: Inputs) -> Tensor:
    return run.outputs(inputs.images, inputs.split.normalization).softmax(1)


def random_numbers(seed: int) -> torch.Generator:
    """The random numbers of a choice of images or labels.

    With seed 0 they are those of the order of a network's first epoch, see `training.stream`. That
    tells a student nothing: all images of an epoch are seen, and other seeds share no numbers.
    """
    return torch.Generator().manual_seed(seed)
