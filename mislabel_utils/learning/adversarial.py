"""Training sets of adversarial examples."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from mislabel_utils.learning.attacks import L2, pgd
from mislabel_utils.learning.inference import BATCH, autocast, standardised
from mislabel_utils.learning.places import Places
from mislabel_utils.learning.training_sets import Teacher, TrainingSet


@dataclass(frozen=True)
class Attack:
    """A targeted attack on images: PGD in the L2 ball (Ilyas et al. 2019, section 3.2).

    Attributes
    ----------
    epsilon : radius of the ball, of the whole image with pixels in [0, 1]
    steps, step_size : how many, and how long each is, in the same units
    """

    epsilon: float = 0.5
    steps: int = 100
    step_size: float = 0.1


def adversarial(run: Teacher, targets: TrainingSet, attack: Attack = Attack()) -> TrainingSet:
    """Images moved until the network says what `targets` says, labelled with the target.

    Parameters
    ----------
    run : the attacked network
    targets : where the images start, and the class that each is moved towards

    Returns
    -------
    Images float32 in [0, 1], each within `epsilon` of where it started; the label is the target,
    reached or not.
    """
    start = targets.places

    def compute() -> Tensor:
        norm, network = start.split.normalization, run.network
        device = next(network.parameters()).device
        low = autocast(device, run.precision)

        def logits(images: Tensor) -> Tensor:
            with low:
                return network(standardised(images, norm)).float()

        moved = []
        for images, labels in zip(
            start.images.split(BATCH), targets.labels.split(BATCH), strict=True
        ):
            origin = images.to(device, torch.float32)
            origin = origin if images.is_floating_point() else origin / 255
            found = pgd(
                logits, origin, labels.to(device), L2(attack.epsilon),
                steps=attack.steps, step_size=attack.step_size, targeted=True,
            )  # fmt: skip
            moved.append(found.inputs.cpu())
        return torch.cat(moved)

    source = {"kind": "adversarial", "run": run.id, "of": start.name,
              "attack": asdict(attack), "targets": targets.source}  # fmt: skip
    places = Places(start.split, source, compute, start.aligned)
    return TrainingSet(places, targets.source, lambda: targets.labels, targets.costly)
