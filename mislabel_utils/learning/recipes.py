"""What a training run does to a network, apart from data and seed."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

CHOICES = {
    "precision": ("float32", "mixed"),
    "optimizer": ("sgd", "adam"),
    "schedule": ("rise and fall", "fall", "constant"),
}


@dataclass(frozen=True)
class Recipe:
    """Everything that a training run does to a network, apart from data and seed.

    In "mixed" precision it computes in the 16-bit format of the machine, see
    `environment.mixed_dtype`; weights, normalisation statistics, softmax and loss stay float32.
    Raises a ValueError for a choice that there is not, a negative number of epochs, an empty batch,
    or a rate with which nothing is learned.
    """

    model: str  # a name in `models.MODELS`
    epochs: int  # passes over the training images; 0 leaves the network untrained
    batch_size: int = 128  # images a step; the incomplete last batch of an epoch is left out
    learning_rate: float = 0.05  # the peak
    momentum: float = 0.9  # Adam's first beta
    weight_decay: float = 5e-4
    augment: bool = False  # random crops after padding by 4 pixels, and random horizontal flips
    flip: bool = True  # or no flips, where left and right matter, as in digits
    precision: str = "float32"  # or "mixed"
    optimizer: str = "sgd"  # with Nesterov momentum, or "adam" (Kingma and Ba 2015)
    schedule: str = "rise and fall"  # of the learning rate, see `learning_rate`

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if (given := getattr(self, name)) not in choices:
                known = " or ".join(map(repr, choices))
                raise ValueError(f"Unknown {name} {given!r}: a recipe says {known}.")
        if self.epochs < 0 or self.batch_size < 1 or not 0 <= self.learning_rate < math.inf:
            raise ValueError("A recipe needs epochs and learning_rate >= 0 and batch_size >= 1.")
        for name in ("learning_rate", "weight_decay", "momentum"):
            object.__setattr__(self, name, float(getattr(self, name)))  # 1 is 1.0 as JSON too


def optimizer_of(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """The recipe's optimiser; its learning rate is set before each step."""
    common = {"lr": 0.0, "weight_decay": recipe.weight_decay, "fused": True}
    if recipe.optimizer == "adam":
        return torch.optim.Adam(parameters, betas=(recipe.momentum, 0.999), **common)
    return torch.optim.SGD(
        parameters, momentum=recipe.momentum, nesterov=recipe.momentum > 0, **common
    )


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """The learning rate of a step, counted from 0, of a run of so many.

    "rise and fall": linear rise over the first fifth of `steps`, linear fall to zero over the
    rest; "fall": linear fall to zero from the first step on; "constant".
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    peak = 0.2 * steps if recipe.schedule == "rise and fall" else 0.0
    done = step + 0.5  # the middle of the step, so that neither the first nor the last is lost
    risen = done / peak if peak else 1.0
    return recipe.learning_rate * min(risen, (steps - done) / (steps - peak))
