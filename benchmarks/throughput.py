"""How fast a ResNet-18 trains here: `python benchmarks/throughput.py` on an idle machine.

Leaves a record, which the page "Reproduce it yourself" shows.

In one run, for each stem: images a second of the book's loop, of the usual recipe (a DataLoader
with two workers, PIL transforms, default memory layout, torchvision's network as it is), and which
share of the machine's own matrix-multiply peak that is. The images are noise, the sizes CIFAR's.
"""

from __future__ import annotations

import time

import torch
import torchvision
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torch.utils.flop_counter import FlopCounterMode
from torchvision.transforms import v2

from mislabel_utils.learning.datasets import Normalization, Split
from mislabel_utils.learning.training import Recipe, train
from mislabel_utils.learning.training_sets import true_labels
from mislabel_utils.recording.environment import environment
from mislabel_utils.recording.records import Record, Store

BATCH = 128
BATCHES = {"imagenet": 40, "cifar": 6}  # measured, after WARM_UP more
WARM_UP = 2
NORM = Normalization("noise", (0.5,) * 3, (0.25,) * 3)


def noise(count: int) -> Split:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8, generator=generator)
    labels = torch.randint(0, 10, (count,), generator=generator)
    names = tuple("abcdefghij")
    return Split("noise/train", images, torch.arange(count), labels, names, NORM, "noise")


def ours(stem: str) -> float:
    """Images a second of `training.train`."""
    recipe = Recipe(f"resnet18-{stem}", epochs=1, batch_size=BATCH, augment=True)
    seconds = []
    for batches in (WARM_UP, WARM_UP + BATCHES[stem]):
        split = noise(BATCH * batches)
        start = time.perf_counter()
        train(recipe, true_labels(split), seed=0)
        seconds.append(time.perf_counter() - start)
    return BATCH * BATCHES[stem] / (seconds[1] - seconds[0])


class Pictures(Dataset):
    """PIL images with the usual transforms."""

    def __init__(self, split: Split) -> None:
        self.pictures = [v2.functional.to_pil_image(image) for image in split.images]
        self.labels = split.labels.tolist()
        self.transform = v2.Compose(
            [
                v2.RandomCrop(32, padding=4),
                v2.RandomHorizontalFlip(),
                v2.PILToTensor(),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize(NORM.mean, NORM.std),
            ]
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int):
        return self.transform(self.pictures[row]), self.labels[row]


def plain(stem: str) -> nn.Module:
    """torchvision's ResNet-18, with the stem of the comparison and nothing else changed."""
    network = torchvision.models.resnet18(num_classes=10)
    if stem == "cifar":
        network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        network.maxpool = nn.Identity()
    return network


def usual(stem: str) -> float:
    """Images a second of the recipe that most tutorials use."""
    split = noise(BATCH * (WARM_UP + BATCHES[stem]))
    loader = DataLoader(Pictures(split), BATCH, shuffle=True, num_workers=2)
    network = plain(stem)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True
    )
    start = 0.0
    for number, (inputs, targets) in enumerate(loader):
        if number == WARM_UP:
            start = time.perf_counter()
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(inputs), targets).backward()
        optimizer.step()
    return BATCH * BATCHES[stem] / (time.perf_counter() - start)


def operations(stem: str) -> float:
    """Floating-point operations of a training step, an image; a multiply-add counts as two."""
    with FlopCounterMode(display=False) as counter:
        plain(stem)(torch.zeros(2, 3, 32, 32)).sum().backward()
    return counter.get_total_flops() / 2


def peak(size: int = 2048, repeats: int = 8) -> float:
    """Operations a second of a float32 matrix multiplication, the best of several."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best


def main() -> None:
    start = time.monotonic()
    top = peak()
    metrics = {"peak": top}
    for stem in BATCHES:
        fast, slow, each = ours(stem), usual(stem), operations(stem)
        metrics |= {
            f"{stem}/images_per_second": fast,
            f"{stem}/usual_images_per_second": slow,
            f"{stem}/ratio": fast / slow,
            f"{stem}/operations_per_image": each,
            f"{stem}/share_of_peak": fast * each / top,
            f"{stem}/usual_share_of_peak": slow * each / top,
        }
    made = environment() | {"seconds": round(time.monotonic() - start, 1)}
    config = {"experiment": "throughput", "setting": {"batch": BATCH, "batches": BATCHES}}
    record = Record("benchmarks", "throughput", 0, config, [], metrics, {}, made)
    path = Store().write(record, replace=True)
    for name, value in metrics.items():
        print(f"{name}: {value:,.2f}")
    print(f"{made['threads']} threads; recorded in {path}")


if __name__ == "__main__":
    main()
