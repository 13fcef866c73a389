"""Many small networks trained at once, for the two-dimensional chapter.

A replica is one draw of everything that varies: the points, their labels and every network's
initial weights. Each has random numbers of its own (`generator`), so that replica 17 is the same
problem and the same network whether it is drawn alone or among two thousand.

The networks are 2 -> width -> width -> 2 perceptrons with ReLU and two logits; the source (Wallace,
Distill 2019) says only "a small feed-forward network". Two hidden layers are the fewest with which
a width below 100 fits most draws of 32 random labels. Inputs are standardised, as images are.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mislabel_utils.learning.environment import pinned

SEED = 0  # the first key of every random number here
CHUNK = 128  # replicas worked on together: their weights and activations stay in cache
STREAMS = ("points", "labels", "teacher", "student", "random student", "control", "random labels",
           "border", "fresh points")  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """Full-batch Adam (Kingma & Ba 2015, default betas), the rate falling linearly to zero."""

    steps: int = 600
    rate: float = 0.02


def generator(stream: str, replica: int) -> np.random.Generator:
    """The random numbers of one use (`stream`) in one replica, whatever else is drawn."""
    return np.random.default_rng((SEED, STREAMS.index(stream), replica))


def uniform(stream: str, replicas: Sequence[int], *shape: int) -> np.ndarray:
    """Uniform random numbers in [0, 1), float64 `(R, *shape)`."""
    return np.array([generator(stream, r).random(shape) for r in replicas])


def draw(replicas: Sequence[int], count: int = 32) -> tuple[Tensor, Tensor]:
    """Uniform points, float32 (R, count, 2), and a fair coin's label for each, int64 (R, count).

    A problem with fewer points holds the first ones of the problem with more.
    """
    points = torch.tensor(uniform("points", replicas, count, 2), dtype=torch.float32)
    return points, random_labels(replicas, count, "labels")


def random_labels(replicas: Sequence[int], count: int, stream: str = "random labels") -> Tensor:
    """Labels in {0, 1} by a fair coin, int64 (R, count)."""
    return torch.tensor(uniform(stream, replicas, count) < 0.5, dtype=torch.int64)


class Nets:
    """R networks of one shape, stacked: weights (R, in, out) and biases (R, 1, out) by layer.

    Called with points (R, n, 2) it returns logits (R, n, 2), network r seeing row r.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters = list(parameters)

    @classmethod
    def initial(cls, replicas: Sequence[int], width: int, stream: str) -> "Nets":
        """Fresh float32 networks, uniform within 1 / sqrt(inputs) as `torch.nn.Linear`'s are.

        `stream` names the use, see `STREAMS`: networks of different streams are independent.
        """
        generators = [generator(stream, r) for r in replicas]
        parameters = []
        for inputs, outputs in ((2, width), (width, width), (width, 2)):
            bound = inputs**-0.5
            for rows in (inputs, 1):
                values = [g.uniform(-bound, bound, (rows, outputs)) for g in generators]
                parameters.append(torch.tensor(np.array(values), dtype=torch.float32))
        return cls(parameters)

    def __len__(self) -> int:
        return len(self.parameters[0])

    def __getitem__(self, rows: slice) -> "Nets":
        return Nets([parameter[rows] for parameter in self.parameters])

    def __call__(self, points: Tensor) -> Tensor:
        *hidden, weight, bias = self.parameters
        values = (points - 0.5) * 12**0.5  # uniform coordinates, at mean 0 and variance 1
        for w, b in zip(hidden[::2], hidden[1::2], strict=True):
            values = torch.baddbmm(b, values, w).relu()
        return torch.baddbmm(bias, values, weight)


@pinned()
def train(
    nets: Nets,
    points: Tensor,
    labels: Tensor,
    counted: Tensor | None = None,
    recipe: Recipe = Recipe(),
) -> Nets:
    """Train every network on its own points at once and return the trained networks.

    points: (R, n, 2); labels: int64 (R, n); counted: bool (R, n), the points that exist for the
    network (default all). Each loss is their mean, and the losses are added up, so that every
    network gets exactly the gradient it would get alone; one without points keeps its weights.
    """
    if counted is None:
        counted = torch.ones_like(labels, dtype=torch.bool)
    weights = counted.to(points.dtype)
    weights = weights / weights.sum(1, keepdim=True).clamp(min=1)

    def trained(nets: Nets, x: Tensor, y: Tensor, weight: Tensor) -> list[Tensor]:
        parameters = [p.clone().requires_grad_() for p in nets.parameters]
        learner, y, weight = Nets(parameters), y.flatten(), weight.flatten()
        optimiser = torch.optim.Adam(parameters, lr=recipe.rate, fused=True)
        for step in range(recipe.steps):
            optimiser.param_groups[0]["lr"] = recipe.rate * (1 - step / recipe.steps)
            losses = F.cross_entropy(learner(x).flatten(0, 1), y, reduction="none")
            optimiser.zero_grad()
            (losses * weight).sum().backward()
            optimiser.step()
        return [p.detach() for p in parameters]

    return Nets(in_chunks(trained, nets, points, labels, weights))


@pinned()
def predict(nets: Nets, points: Tensor) -> Tensor:
    """Classes, int64 (R, n), of points (R, n, 2) or, for all networks alike, (n, 2)."""

    @torch.no_grad()
    def classes(nets: Nets, points: Tensor) -> list[Tensor]:
        return [nets(points).argmax(-1)]

    return in_chunks(classes, nets, points.expand(len(nets), -1, -1))[0]


def correct(nets: Nets, points: Tensor, labels: Tensor) -> Tensor:
    """How many of its points each network classifies as labelled, int64 (R,)."""
    return (predict(nets, points) == labels).sum(1)


def grid(side: int = 50) -> Tensor:
    """The centres of side x side equal cells of the unit square, float32 (side * side, 2).

    Row-major with the second coordinate first, so that a reshape to (side, side) is an image with
    its origin at the lower left.
    """
    ticks = (torch.arange(side) + 0.5) / side
    return torch.cartesian_prod(ticks, ticks).flip(1)


def regions(nets: Nets, side: int = 50) -> Tensor:
    """Each network's class in every cell of the unit square, int64 (R, side, side)."""
    return predict(nets, grid(side)).unflatten(1, (side, side))


def in_chunks(
    function: Callable[..., Sequence[Tensor]], nets: Nets, *tensors: Tensor
) -> list[Tensor]:
    """What a function of networks and of tensors with a row for each returns, row by row.

    It is given CHUNK rows at a time, on one thread for each core: the matrices are too small to be
    shared among cores, and since no chunk is split, the number of cores does not change a result.
    """

    def chunk(start: int) -> Sequence[Tensor]:
        return function(*(each[start : start + CHUNK] for each in (nets, *tensors)))

    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(cores) as pool:
            found = list(pool.map(chunk, range(0, len(nets), CHUNK)))
    finally:
        torch.set_num_threads(cores)
    return [torch.cat(parts) for parts in zip(*found, strict=True)]
