"""Training sets of adversarial examples."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from mislabel_utils.learning.attacks import L2, pgd
from mislabel_utils.learning.inference import BATCH, Teacher, autocast, standardised
from mislabel_utils.learning.places import Places
from mislabel_utils.learning.training_sets import TrainingSet


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

    Raises
    ------
    ValueError
        When the targets are probabilities, not classes.

    Returns
    -------
    Images float32 in [0, 1], each within `epsilon` of where it started; the label is the target,
    reached or not.
    """
    start = targets.places

    def compute() -> Tensor:
        if targets.labels.ndim > 1:
            raise ValueError("An attack aims at classes: give it predictions, not soft ones.")
        norm, network = start.split.normalization, run.network
        device = next(network.parameters()).device
        low = autocast(device, run.precision)

        def logits(images: Tensor) -> Tensor:
            with low:
                return network(standardised(images, norm)).float()

        moved = start.images.to(torch.float32)  # those left out stay where they are
        if not start.images.is_floating_point():
            moved /= 255
        for rows in targets.kept.nonzero().squeeze(1).split(BATCH):
            origin, aims = moved[rows].to(device), targets.labels[rows].to(device)
            found = pgd(
                logits, origin, aims, L2(attack.epsilon),
                steps=attack.steps, step_size=attack.step_size, targeted=True,
            )  # fmt: skip
            moved[rows] = found.inputs.cpu()
        return moved

    source = {"kind": "adversarial", "run": run.id, "of": start.name,
              "attack": asdict(attack), "targets": targets.source}  # fmt: skip
    places = Places(start.split, source, compute, start.aligned)
    return TrainingSet(places, targets.source, lambda: targets.labels, run.weights)
