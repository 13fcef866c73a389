"""Labels of someone else's making: the training sets of the students and of the controls.

Each function returns a `Labelled`: the images of a split, with the labels that a student will be
shown and a description of where they come from. Labels are computed when they are first needed, so
that a recorded run can be looked up without its images.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from mislabel_utils.learning.datasets import Split

if TYPE_CHECKING:
    from mislabel_utils.recording.runs import Run

LEFT_OUT = -1


@dataclass(frozen=True, eq=False)
class Labelled:
    """A split whose images carry other labels than their own.

    Attributes
    ----------
    split : the images
    source : JSON that says how the labels were made; part of the identity of a run
    compute : makes the labels
    """

    split: Split
    source: dict[str, Any]
    compute: Callable[[], Tensor]

    @cached_property
    def labels(self) -> Tensor:
        """int64 (N,) or, of class probabilities, float (N, K); -1 where the image is left out."""
        return self.compute()


def true_labels(split: Split) -> Labelled:
    """The labels that the data set came with."""
    return Labelled(split, {"kind": "true"}, lambda: split.labels)


def predictions(run: Run, split: Split) -> Labelled:
    """Each image with the class the network takes it for, right or wrong."""
    source = {"kind": "predictions", "run": run.id, "on": split.key}
    return Labelled(split, source, lambda: run.predict(split))


def mistakes(run: Run, split: Split) -> Labelled:
    """Only the images that the network gets wrong, with its wrong labels (Wallace 2019)."""

    def compute() -> Tensor:
        predicted = run.predict(split)
        return torch.where(predicted != split.labels, predicted, LEFT_OUT)

    return Labelled(split, {"kind": "mistakes", "run": run.id, "on": split.key}, compute)


def soft_predictions(run: Run, split: Split) -> Labelled:
    """Each image with the network's class probabilities (Hinton et al. 2015, temperature 1)."""
    source = {"kind": "soft", "run": run.id, "on": split.key}
    return Labelled(split, source, lambda: run.probabilities(split))


def soft_mistakes(run: Run, split: Split) -> Labelled:
    """Only the images that the network gets wrong, with its class probabilities."""

    def compute() -> Tensor:
        wrong = run.predict(split) != split.labels
        return torch.where(wrong[:, None], run.probabilities(split), float(LEFT_OUT))

    source = {"kind": "soft mistakes", "run": run.id, "on": split.key}
    return Labelled(split, source, compute)


def corrected(labelled: Labelled) -> Labelled:
    """The same images with their true labels."""

    def compute() -> Tensor:
        return torch.where(labelled.labels != LEFT_OUT, labelled.split.labels, LEFT_OUT)

    return Labelled(labelled.split, {"kind": "corrected", "of": labelled.source}, compute)


def subset(labelled: Labelled, count: int, seed: int) -> Labelled:
    """`count` of the images, drawn at random, with the labels they had.

    Accessing its labels raises a ValueError when there are fewer than `count`.
    """

    def compute() -> Tensor:
        kept = (labelled.labels != LEFT_OUT).nonzero().squeeze(1)
        if count > len(kept):
            raise ValueError(f"A subset of {count} images cannot be drawn from {len(kept)}.")
        drawn = kept[torch.randperm(len(kept), generator=_generator(seed))[:count]]
        labels = torch.full_like(labelled.labels, LEFT_OUT)
        labels[drawn] = labelled.labels[drawn]
        return labels

    source = {"kind": "subset", "of": labelled.source, "count": count, "seed": seed}
    return Labelled(labelled.split, source, compute)


def without(labelled: Labelled, other: Labelled) -> Labelled:
    """The images that `other`, of the same split, leaves out."""

    def compute() -> Tensor:
        return torch.where(other.labels == LEFT_OUT, labelled.labels, LEFT_OUT)

    source = {"kind": "without", "of": labelled.source, "without": other.source}
    return Labelled(labelled.split, source, compute)


def uniform_mistakes(labelled: Labelled, seed: int) -> Labelled:
    """The same images, each with a class drawn uniformly from those that it is *not*."""

    def compute() -> Tensor:
        true, classes = labelled.split.labels, len(labelled.split.classes)
        shift = torch.randint(1, classes, true.shape, generator=_generator(seed))
        return torch.where(labelled.labels != LEFT_OUT, (true + shift) % classes, LEFT_OUT)

    source = {"kind": "uniform mistakes", "of": labelled.source, "seed": seed}
    return Labelled(labelled.split, source, compute)


def shuffled_within_classes(labelled: Labelled, seed: int) -> Labelled:
    """The same labels, dealt out at random among the images of the same true class.

    The confusion matrix stays as it was, count by count; which image got which label is lost.
    """

    def compute() -> Tensor:
        labels, generator = labelled.labels.clone(), _generator(seed)
        for true in range(len(labelled.split.classes)):
            of_class = (labels != LEFT_OUT) & (labelled.split.labels == true)
            kept = of_class.nonzero().squeeze(1)
            labels[kept] = labels[kept[torch.randperm(len(kept), generator=generator)]]
        return labels

    source = {"kind": "shuffled within classes", "of": labelled.source, "seed": seed}
    return Labelled(labelled.split, source, compute)


def deranged_within_classes(labelled: Labelled, seed: int) -> Labelled:
    """The same labels, dealt out within each true class so that no image keeps its own.

    Where one label is more than half of a class there are too few others to trade it for: images
    drawn at random among those that carry it are left out until it is half.
    """

    def compute() -> Tensor:
        labels, generator = labelled.labels.clone(), _generator(seed)
        for true in range(len(labelled.split.classes)):
            of_class = (labels != LEFT_OUT) & (labelled.split.labels == true)
            rows = of_class.nonzero().squeeze(1)
            rows = rows[torch.randperm(len(rows), generator=generator)]
            commonest = labels[rows].mode().values if len(rows) else 0
            carrying = rows[labels[rows] == commonest]
            dropped = carrying[: max(0, 2 * len(carrying) - len(rows))]
            labels[dropped] = LEFT_OUT
            kept = rows[~torch.isin(rows, dropped)]
            labels[kept] = _deranged(labels[kept], generator)
        return labels

    source = {"kind": "deranged within classes", "of": labelled.source, "seed": seed}
    return Labelled(labelled.split, source, compute)


def _deranged(labels: Tensor, generator: torch.Generator) -> Tensor:
    """The labels in a random order in which no place keeps its own; none may exceed half."""
    dealt = labels[torch.randperm(len(labels), generator=generator)]
    while len(stuck := (dealt == labels).nonzero().squeeze(1)):
        # Swap one that kept its label with a place where both then have another.
        place = stuck[0]
        fits = (dealt != labels[place]) & (labels != dealt[place])
        places = fits.nonzero().squeeze(1)
        other = places[torch.randint(len(places), (1,), generator=generator)]
        dealt[place], dealt[other] = dealt[other].clone(), dealt[place].clone()
    return dealt


def shuffled(labelled: Labelled, seed: int) -> Labelled:
    """The same labels dealt out to the same images at random: how often each occurs stays."""

    def compute() -> Tensor:
        labels = labelled.labels.clone()
        hard = labels.ndim == 1
        kept = (labels != LEFT_OUT).nonzero().squeeze(1) if hard else torch.arange(len(labels))
        labels[kept] = labels[kept[torch.randperm(len(kept), generator=_generator(seed))]]
        return labels

    source = {"kind": "shuffled", "of": labelled.source, "seed": seed}
    return Labelled(labelled.split, source, compute)


def uniform(split: Split, seed: int) -> Labelled:
    """A class drawn uniformly for each image, without looking at it."""

    def compute() -> Tensor:
        return torch.randint(len(split.classes), (len(split),), generator=_generator(seed))

    return Labelled(split, {"kind": "uniform", "seed": seed}, compute)


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
