"""Training many small networks at once against one after the other.

    python benchmarks/replicas.py [--together 256] [--alone 8] [--width 64]

The same problems of 32 points, the same initial weights and the same recipe. One after the other
means ordinary modules with `torch.optim.Adam` on one thread, the fastest way for matrices this
small; together means batched matrices, a chunk of networks on each core.
"""

import argparse
import platform
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mislabel_utils.plane.networks import Nets, Recipe, draw, train

RECIPE = Recipe()


def standardised(points: Tensor) -> Tensor:
    """As `Nets` sees them."""
    return (points - 0.5) * 12**0.5


def module_of(nets: Nets, row: int) -> nn.Sequential:
    """One of the networks with its own copy of the weights, for standardised points."""
    layers: list[nn.Module] = []
    for weight, bias in zip(nets.parameters[::2], nets.parameters[1::2], strict=True):
        linear = nn.utils.skip_init(nn.Linear, *weight.shape[1:], dtype=weight.dtype)
        linear.load_state_dict({"weight": weight[row].T, "bias": bias[row, 0]})
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def train_one_at_a_time(
    nets: Nets, points: Tensor, labels: Tensor, counted: Tensor, recipe: Recipe = RECIPE
) -> list[nn.Sequential]:
    """The training of `networks.train` with ordinary modules, one network after the other."""
    modules = [module_of(nets, row) for row in range(len(nets))]
    for module, x, y, kept in zip(modules, points, labels, counted, strict=True):
        if not kept.any():
            continue
        optimiser = torch.optim.Adam(module.parameters(), lr=recipe.rate)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: 1 - s / recipe.steps)
        for _ in range(recipe.steps):
            loss = F.cross_entropy(module(standardised(x[kept])), y[kept])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return modules


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--together", type=int, default=256, metavar="NETS")
    parser.add_argument("--alone", type=int, default=8, metavar="NETS")
    parser.add_argument("--width", type=int, default=64)
    arguments = parser.parse_args()

    points, labels = draw(range(arguments.together))
    counted = torch.ones_like(labels, dtype=torch.bool)
    nets = Nets.initial(range(arguments.together), arguments.width, "teacher")
    few = slice(arguments.alone)
    some = (nets[few], points[few], labels[few], counted[few])
    cores = torch.get_num_threads()
    print(
        f"{platform.processor() or platform.machine()}, {cores} threads, torch {torch.__version__}"
    )
    print(f"width {arguments.width}, {points.shape[1]} points, {Recipe().steps} steps")

    train(*some, Recipe(steps=5))  # the first call pays for start-up
    together = seconds(lambda: train(nets, points, labels)) / arguments.together
    torch.set_num_threads(1)
    train_one_at_a_time(*some, Recipe(steps=5))
    alone = seconds(lambda: train_one_at_a_time(*some)) / arguments.alone

    print(f"one at a time  {1000 * alone:8.1f} ms a network ({arguments.alone} networks, 1 thread)")
    print(f"together       {1000 * together:8.1f} ms a network ({arguments.together} networks)")
    print(f"ratio          {alone / together:8.1f}")


if __name__ == "__main__":
    main()
