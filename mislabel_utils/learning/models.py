"""The networks of the book."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Lock

import torch
import torch.nn.functional as F
from torch import nn

from mislabel_utils.files import atomic_write
from mislabel_utils.learning.environment import pinned

Shape = tuple[int, int, int]  # (channels, height, width) of an image


def small_cnn(shape: Shape, classes: int) -> nn.Module:
    """Two convolutions and two linear layers: about 206,000 weights on 28 x 28 grey images.

    No batch normalisation: its running statistics would be those of the clothes, and the student
    is tested on digits. Pooling stands before the ReLU: the same function, computed faster. Height
    and width are divisible by 4.
    """
    channels, height, width = shape
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, padding=1),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * (height // 4) * (width // 4), 128),
        nn.ReLU(),
        nn.Linear(128, classes),
    )


def deep_cnn(shape: Shape, classes: int, channels: Sequence[int] = (16, 32, 128, 128)) -> nn.Module:
    """Seven convolutions with batch normalisation: half a million weights, quick to train well.

    In the manner of Keller Jordan's airbench94 (2024), half as wide and without its whitened first
    layer and its other refinements: a 2 x 2 convolution, then three blocks of two 3 x 3
    convolutions, with so many `channels`. Pooling halves the map in each block; height and width
    are at least 9.
    """

    def block(given: int, channels: int) -> list[nn.Module]:
        return [
            nn.Conv2d(given, channels, 3, padding=1, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(channels),
            nn.GELU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.GELU(),
        ]

    return nn.Sequential(
        nn.Conv2d(shape[0], channels[0], 2),
        nn.GELU(),
        *(layer for given, wide in pairwise(channels) for layer in block(given, wide)),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(channels[-1], classes),
    )


def airbench(shape: Shape, classes: int) -> nn.Module:
    """`deep_cnn` at the width of airbench94: two million weights, for photographs in colour.

    With two of its refinements: 3 x 3 convolutions begin as identities, and the first layer is
    fixed and whitens 2 x 2 patches. Its filters are not computed from the images, as there, but
    are products of three contrasts of colour and four of place, which come within 5 % of the
    principal components of CIFAR-10; only their variances are measured.
    """
    network = deep_cnn(shape, classes, (24, 64, 256, 256))
    first, *convolutions = (layer for layer in network if isinstance(layer, nn.Conv2d))
    for layer in convolutions:
        nn.init.dirac_(layer.weight[: layer.in_channels])
    colours = torch.tensor([[1.0, 1, 1], [1, 0, -1], [1, -2, 1]])
    places = torch.tensor([[1.0, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
    variances = torch.tensor(
        [
            [11.5, 0.245, 0.423, 0.0490],
            [1.38, 0.00357, 0.00722, 0.000238],
            [0.123, 0.00118, 0.00195, 0.000140],
        ]
    )
    filters = torch.einsum("ac,bp->abcp", F.normalize(colours), places)
    filters /= (variances + 5e-4).sqrt()[..., None, None]  # as airbench94 has it
    filters = filters.reshape(12, 3, 2, 2)
    first.weight.requires_grad_(False).copy_(torch.cat([filters, -filters]))
    return network


def mlp(shape: Shape, classes: int) -> nn.Module:
    """Two hidden layers of 512 units, which do not know that pixels have neighbours."""
    channels, height, width = shape
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(channels * height * width, 512),
        nn.ReLU(),
        nn.Linear(512, 512),
        nn.ReLU(),
        nn.Linear(512, classes),
    )


def resnet18(shape: Shape, classes: int, stem: str) -> nn.Module:
    """ResNet-18 with one of two stems, see `resnet.FastResNet`."""
    from mislabel_utils.learning.resnet import FastResNet  # torchvision takes seconds to import

    return FastResNet(shape, classes, stem)


MODELS = {  # from the shape of an image and the number of classes, which is that of the logits
    "small_cnn": small_cnn,
    "deep_cnn": deep_cnn,
    "mlp": mlp,
    "resnet18-imagenet": partial(resnet18, stem="imagenet"),
    "resnet18-cifar": partial(resnet18, stem="cifar"),
    "airbench": airbench,
}


def save(state: dict, path: Path) -> None:
    """Write what `torch.load` reads, whole or not at all."""
    with atomic_write(path) as temporary:
        torch.save(state, temporary)


_drawing = Lock()  # threads share the generator


@pinned()
def build(name: str, shape: Shape, classes: int, seed: int) -> nn.Module:
    """A fresh network, the same for the same seed, with PyTorch's default initialisation."""
    with _drawing, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return MODELS[name](shape, classes).to(memory_format=torch.channels_last)
