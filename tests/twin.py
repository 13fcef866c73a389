"""The network that learns in the reader's browser, in PyTorch: `python tests/twin.py` trains it.

That writes live/twin.json: the share of the 1,000 test digits that each of ten students and ten
students of shuffled labels reads, by which the browser's are judged.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mislabel_utils.learning import datasets
from mislabel_utils.learning.recipes import Recipe, learning_rate
from mislabel_utils.live.training import TEACHER
from mislabel_utils.recording.records import Store
from mislabel_utils.recording.runs import Run

REFERENCE = Path(__file__).parent / "live" / "twin.json"
RECIPE = Recipe("", epochs=12, batch_size=32, learning_rate=0.006, optimizer="adam")


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(8, 16, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(16 * 7 * 7, 10),
    )  # fmt: skip


def adam(net: nn.Module) -> torch.optim.Adam:
    return torch.optim.Adam(net.parameters(), lr=0)


def step(net: nn.Module, optimizer: torch.optim.Adam, images: Tensor, targets: Tensor, rate: float):
    optimizer.param_groups[0]["lr"] = rate
    optimizer.zero_grad()
    F.cross_entropy(net(images), targets).backward()
    optimizer.step()


def standardised(split: datasets.Split) -> Tensor:
    (mean,), (std,) = split.normalization.mean, split.normalization.std
    return (split.images / 255 - mean) / std


def accuracy(garments: Tensor, labels: Tensor, test: datasets.Split, seed: int) -> float:
    torch.manual_seed(seed)
    net = network()
    optimizer = adam(net)
    batches = len(garments) // RECIPE.batch_size
    for number in range(RECIPE.epochs * batches):
        if number % batches == 0:
            batched = torch.randperm(len(garments)).split(RECIPE.batch_size)
        rows = batched[number % batches]
        rate = learning_rate(RECIPE, number, RECIPE.epochs * batches)
        step(net, optimizer, garments[rows], labels[rows], rate)
    with torch.no_grad():
        said = net(standardised(test)).argmax(1)
    return (said == test.labels[test.index]).double().mean().item()


def main() -> None:
    torch.set_num_threads(1)
    test = datasets.load("mnist", "recorded").test
    garments = datasets.load("fashion_mnist", "recorded").train
    labels = Run(Store().find(TEACHER)).predict(garments)[garments.index]
    found = {"student": [], "control": []}
    for seed in range(10):
        shuffled = labels[torch.randperm(len(labels), generator=torch.manual_seed(1000 + seed))]
        for role, taught in (("student", labels), ("control", shuffled)):
            found[role].append(round(accuracy(standardised(garments), taught, test, seed), 3))
        print(seed, {role: each[-1] for role, each in found.items()}, flush=True)
    REFERENCE.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
