"""How fast training and attacks are here: `python benchmarks/throughput.py` on an idle machine.

Leaves a record, which the page "Reproduce it yourself" shows.

In one run, for each kind of work: images a second of the book's code in float32 and in mixed
precision, of the usual recipe (a DataLoader with two workers, PIL transforms, default memory
layout, torchvision's network as it is, float32), and which share of the machine's own
matrix-multiply peak each is. The images are noise, the sizes those of CIFAR-10 and of MNIST.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torchvision
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torch.utils.flop_counter import FlopCounterMode
from torchvision.transforms import v2

from mislabel_utils.learning import models
from mislabel_utils.learning.attacks import L2, pgd
from mislabel_utils.learning.datasets import Normalization, Split
from mislabel_utils.learning.environment import autocast, default_device, environment, mixed_dtype
from mislabel_utils.learning.inference import standardised
from mislabel_utils.learning.training import Recipe, train
from mislabel_utils.learning.training_sets import true_labels
from mislabel_utils.recording.records import Record, Store

BATCH, WARM_UP = 128, 2
PRECISIONS = ("float32", "mixed")


@dataclass(frozen=True)
class Work:
    """One kind of training: a model of the book, its images, and how many batches to measure."""

    model: str
    shape: tuple[int, int, int]
    batches: int
    augment: bool

    def noise(self, count: int) -> Split:
        generator = torch.Generator().manual_seed(0)
        images = torch.randint(0, 256, (count, *self.shape), dtype=torch.uint8, generator=generator)
        labels = torch.randint(0, 10, (count,), generator=generator)
        norm = Normalization("noise", (0.5,) * self.shape[0], (0.25,) * self.shape[0])
        names = tuple("abcdefghij")
        return Split("noise/train", images, torch.arange(count), labels, names, norm, "noise")

    def plain(self) -> nn.Module:
        """The network as most would write it."""
        if self.model in ("small_cnn", "deep_cnn"):
            return models.MODELS[self.model](self.shape, 10)
        network = torchvision.models.resnet18(num_classes=10)
        if self.model == "resnet18-cifar":
            network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
            network.maxpool = nn.Identity()
        return network


WORKS = {
    "resnet18-imagenet": Work("resnet18-imagenet", (3, 32, 32), 40, augment=True),
    "resnet18-cifar": Work("resnet18-cifar", (3, 32, 32), 6, augment=True),
    "deep_cnn": Work("deep_cnn", (3, 32, 32), 12, augment=True),
    "small_cnn": Work("small_cnn", (1, 28, 28), 200, augment=False),
}


def ours(work: Work, precision: str) -> float:
    """Images a second of `training.train`."""
    recipe = Recipe(work.model, 1, BATCH, augment=work.augment, precision=precision)
    seconds = []
    for batches in (WARM_UP, WARM_UP + work.batches):
        on = true_labels(work.noise(BATCH * batches))
        seconds.append(timed(lambda on=on: train(recipe, on, seed=0)))
    return BATCH * work.batches / (seconds[1] - seconds[0])


class Pictures(Dataset):
    """PIL images with the usual transforms."""

    def __init__(self, work: Work, split: Split) -> None:
        self.pictures = [v2.functional.to_pil_image(image) for image in split.images]
        self.labels = split.labels.tolist()
        changes = [v2.RandomCrop(32, padding=4), v2.RandomHorizontalFlip()] * work.augment
        norm = split.normalization
        last = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(norm.mean, norm.std)]
        self.transform = v2.Compose([*changes, v2.PILToTensor(), *last])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        return self.transform(self.pictures[row]), self.labels[row]


def usual(work: Work) -> float:
    """Images a second of the recipe that most tutorials use."""
    split = work.noise(BATCH * (WARM_UP + work.batches))
    loader = DataLoader(Pictures(work, split), BATCH, shuffle=True, num_workers=2)
    network = work.plain()
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
    return BATCH * work.batches / (time.perf_counter() - start)


def attacked(work: Work, precision: str, steps: int = 10) -> float:
    """Steps of PGD a second, each of one image: a pass forward and a pass back to the pixels."""
    split, device = work.noise(BATCH), default_device()
    network = models.build(work.model, work.shape, 10, seed=0).to(device).eval()
    low = autocast(device, precision)

    def logits(images: Tensor) -> Tensor:
        with low:
            return network(standardised(images, split.normalization)).float()

    images, labels = (split.images / 255).to(device), split.labels.to(device)

    def attack(steps: int) -> None:
        pgd(logits, images, labels, L2(0.5), steps=steps, step_size=0.1, targeted=True)

    attack(1)
    return BATCH * steps / timed(lambda: attack(steps))


def timed(function: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def operations(work: Work) -> float:
    """Floating-point operations of a training step, an image; a multiply-add counts as two."""
    with FlopCounterMode(display=False) as counter:
        work.plain()(torch.zeros(2, *work.shape)).sum().backward()
    return counter.get_total_flops() / 2


def peak(dtype: torch.dtype, size: int = 2048, repeats: int = 8) -> float:
    """Operations a second of a matrix multiplication, the best of several."""
    a, b = torch.randn(2, size, size).to(dtype)
    return 2 * size**3 / min(timed(lambda: a @ b) for _ in range(repeats))


def main() -> None:
    start = time.monotonic()
    dtypes = {"float32": torch.float32, "mixed": mixed_dtype(default_device())}
    metrics = {f"peak/{name}": peak(dtype) for name, dtype in dtypes.items()}
    for name, work in WORKS.items():
        metrics[f"{name}/operations"] = operations(work)
        metrics[f"{name}/usual"] = usual(work)
        for precision in PRECISIONS:
            metrics[f"{name}/{precision}"] = ours(work, precision)
    for precision in PRECISIONS:
        metrics[f"pgd/{precision}"] = attacked(WORKS["resnet18-imagenet"], precision)
    made = environment("mixed") | {"seconds": round(time.monotonic() - start, 1)}
    made["finished"] = time.strftime("%Y-%m-%d", time.gmtime())
    setting = {"batch": BATCH, "batches": {name: work.batches for name, work in WORKS.items()}}
    config = {"experiment": "throughput", "setting": setting}
    record = Record("benchmarks", "throughput", 0, config, [], metrics, {}, made)
    for before in Store().paths(f"-{record.id[:12]}"):
        before.unlink()
    path = Store().write(record)
    for name, value in metrics.items():
        print(f"{name}: {value:,.0f}")
    print(f"{made['threads']} threads, mixed is {made['mixed']}; recorded in {path}")


if __name__ == "__main__":
    main()
