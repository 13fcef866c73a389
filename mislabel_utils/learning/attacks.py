"""Projected gradient descent (PGD), batched, in the L-inf or the L2 ball.

Source: Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks", ICLR 2018,
section 2.1. Two departures, both stated because results depend on them: the search starts at the
input itself rather than at a random point of the ball, so an attack is deterministic and one
example's result cannot depend on its neighbours; and the best iterate is returned, not the last.

The shape of `labels` says what the batch is, so the same code serves images, points and replicated
networks: inputs (N, C, H, W) with labels (N,); inputs (N, 2) with labels (N,); inputs (R, N, 2)
with labels (R, N), where network r sees row r.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Model = Callable[[Tensor], Tensor]
SIDE = 41  # points of the grid that is searched, in each direction


@dataclass(frozen=True)
class Norm:
    """The ball of radius `epsilon`, in the inputs' units, around each example.

    `step` has the length `size` and most increases a function with this gradient; `project` is the
    nearest perturbation inside the ball. Both act on the last dimension of (..., D) tensors.
    """

    epsilon: float

    def __post_init__(self) -> None:
        if not 0 <= self.epsilon < float("inf"):
            raise ValueError(f"epsilon is {self.epsilon}: a radius in the inputs' units, from 0.")


class LInf(Norm):
    """The ball in which every coordinate moves by at most `epsilon`."""

    def step(self, gradient: Tensor, size: float) -> Tensor:
        return size * gradient.sign()

    def project(self, perturbation: Tensor) -> Tensor:
        return perturbation.clamp(-self.epsilon, self.epsilon)


class L2(Norm):
    """The Euclidean ball around the whole example."""

    def step(self, gradient: Tensor, size: float) -> Tensor:
        # Dividing by the largest entry first keeps the squares of tiny gradients from underflowing.
        tiny = torch.finfo(gradient.dtype).tiny
        gradient = gradient / gradient.abs().amax(-1, keepdim=True).clamp(min=tiny)
        return size * gradient / gradient.norm(dim=-1, keepdim=True).clamp(min=tiny)

    def project(self, perturbation: Tensor) -> Tensor:
        length = perturbation.norm(dim=-1, keepdim=True)
        return perturbation * (self.epsilon / length.clamp(min=self.epsilon)).nan_to_num(0.0)


class Attacked(NamedTuple):
    """The best iterate of each example, like the inputs, and whether it flips the prediction.

    `flipped`, bool in the shape of the labels: the prediction is wrong or, if targeted, the target.
    """

    inputs: Tensor
    flipped: Tensor


@torch.inference_mode(False)  # gradients are what it follows, whoever calls it
def pgd(
    model: Model,
    inputs: Tensor,
    labels: Tensor,
    norm: Norm,
    *,
    steps: int,
    step_size: float,
    targeted: bool = False,
) -> Attacked:
    """Search the ball around each input for an example the model gets wrong (or calls `labels`).

    Each step follows the gradient of the cross-entropy, summed over the batch so that no example's
    gradient depends on another's, then projects onto the ball and into [0, 1]. Of the
    steps + 1 iterates (the input itself is the first) the best is kept: one that flips the
    prediction before one that does not, then the one with the highest loss (the lowest, if
    targeted), which is what PGD searches the ball for.

    Raises a ValueError where the result would mean nothing: inputs in other units, a network in
    training mode, outputs that are not finite.

    Parameters
    ----------
    model : maps inputs to logits of shape ``(*labels.shape, classes)``; a module in evaluation mode
    inputs : float, shape ``(*labels.shape, ...)``, from 0 to 1
    labels : int64; the true classes, or with `targeted` the classes to reach
    norm : `LInf(epsilon)` or `L2(epsilon)`
    step_size : length of one step in that norm, in the inputs' units
    """
    _check(model, inputs, labels)
    if not step_size >= 0:
        raise ValueError(f"step_size is {step_size}: it would lead the other way, or nowhere.")
    direction = -1.0 if targeted else 1.0
    origin = inputs.detach().clone().flatten(labels.ndim)
    iterate = origin

    for step in range(steps + 1):
        with torch.enable_grad():
            iterate = iterate.detach().requires_grad_()
            logits = model(iterate.view(inputs.shape))
            if not logits.isfinite().all():
                raise ValueError("The model's outputs are not finite: see how it was trained.")
            loss = F.cross_entropy(logits.flatten(0, -2), labels.flatten(), reduction="none")
        hit = (logits.argmax(-1) == labels) == targeted
        score = direction * loss.detach().view(labels.shape)
        if step == 0:
            best, best_score, flipped = origin, score, hit
        else:
            better = (hit & ~flipped) | ((hit == flipped) & (score > best_score))
            best = torch.where(better[..., None], iterate.detach(), best)
            best_score = torch.where(better, score, best_score)
            flipped = flipped | hit
        if step < steps:
            (gradient,) = torch.autograd.grad(loss.sum(), iterate)
            moved = iterate.detach() + norm.step(direction * gradient, step_size)
            # Clamping to the box after projecting cannot leave the ball: the box is convex and
            # holds the ball's centre, so it brings each coordinate closer to that centre.
            iterate = (origin + norm.project(moved - origin)).clamp(0, 1)
    return Attacked(best.view(inputs.shape), flipped)


@torch.no_grad()
def grid_search(model: Model, inputs: Tensor, labels: Tensor, norm: Norm) -> Tensor:
    """Which inputs in [0, 1]², ``(*labels.shape, 2)``, have a wrongly classified grid point in
    their ball; bool, shape of the labels.

    The reference that `pgd` is compared with: an exhaustive search of `SIDE` x `SIDE` points of
    the ball's bounding square, so it misses only flips smaller than ``2 * epsilon / (SIDE - 1)``.
    """
    _check(model, inputs, labels)
    ticks = torch.linspace(-norm.epsilon, norm.epsilon, SIDE).to(inputs)
    found = torch.zeros_like(labels, dtype=torch.bool)
    for tick in ticks:  # one column of the grid at a time bounds the memory
        offsets = norm.project(torch.stack([tick.expand(SIDE), ticks], dim=-1))
        candidates = (inputs[..., None, :] + offsets).clamp(0, 1)
        predictions = (
            model(candidates.flatten(-3, -2)).argmax(-1).unflatten(-1, (labels.shape[-1], SIDE))
        )
        found |= (predictions != labels[..., None]).any(-1)
    return found


def _check(model: Model, inputs: Tensor, labels: Tensor) -> None:
    asked = model.func if isinstance(model, partial) else model
    asked = getattr(asked, "__self__", asked)  # of `network.forward`, the network
    if isinstance(asked, nn.Module) and any(part.training for part in asked.modules()):
        raise ValueError(
            "The model, or a layer of it, is in training mode, where batch normalisation makes one "
            "example's attack depend on the others: call model.eval() first."
        )
    known = inputs.dtype in (torch.float32, torch.float64)  # rounding half ones leaves the ball
    if not (known and ((inputs >= 0) & (inputs <= 1)).all()):
        raise ValueError("Inputs are float32 or float64, from 0 to 1: attack before normalising.")
    if (labels < 0).any():  # PyTorch would pass over what is labelled -100
        raise ValueError("Labels are classes, from 0.")
