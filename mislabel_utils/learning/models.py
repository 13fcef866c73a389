"""The networks of the book."""

from __future__ import annotations

import io
from pathlib import Path

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from mislabel_utils.files import atomic_write
from mislabel_utils.learning.pinned import pinned


class SmallMapConv2d(nn.Conv2d):
    """`nn.Conv2d`, as one matrix multiplication where the map is no larger than the kernel.

    There each output pixel sees the whole map, through a window of the kernel; the rest of the
    kernel only ever meets padding. Behind torchvision's original stem the last two stages of a
    ResNet work on 2 x 2 and 1 x 1 pixels, where a convolution wastes more than half its time.

    Raises
    ------
    ValueError
        When called with a bias, groups, dilation, or a padding other than numbers of zeros, or
        with a kernel, stride or padding that is not square: the multiplication knows none of them.
    """

    def forward(self, inputs: Tensor) -> Tensor:
        plain = self.bias is None and self.groups == 1 and self.dilation == (1, 1)
        sizes = (self.kernel_size, self.stride, self.padding)
        square = all(isinstance(pair, tuple) and pair[0] == pair[1] for pair in sizes)
        if not (plain and square and self.padding_mode == "zeros"):
            raise ValueError(
                f"{self} is no plain square convolution without bias: use nn.Conv2d for it."
            )
        size, kernel = inputs.shape[-1], self.kernel_size[0]
        side = (size + 2 * self.padding[0] - kernel) // self.stride[0] + 1
        starts = [self.padding[0] - i * self.stride[0] for i in range(side)]
        if inputs.shape[-2] != size or min(starts) < 0 or max(starts) + size > kernel:
            return super().forward(inputs)
        weight = self.weight.permute(0, 2, 3, 1)  # channels last, as they lie in memory
        windows = [weight[:, y : y + size, x : x + size].flatten(1) for y in starts for x in starts]
        outputs = F.linear(inputs.permute(0, 2, 3, 1).flatten(1), torch.cat(windows))
        return outputs.unflatten(1, (side, side, -1)).permute(0, 3, 1, 2)


def small_cnn(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Two convolutions and two linear layers: about 206,000 weights on 28 x 28 grey images.

    No batch normalisation: its running statistics would be those of the clothes, and the student
    is tested on digits. Pooling stands before the ReLU: the same function, computed faster.

    Parameters
    ----------
    shape : (channels, height, width) of an image; height and width divisible by 4
    classes : number of logits
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


def deep_cnn(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Seven convolutions with batch normalisation: half a million weights, quick to train well.

    In the manner of Keller Jordan's airbench94 (2024), half as wide and without its whitened first
    layer and its other refinements: a 2 x 2 convolution, then three blocks of two 3 x 3
    convolutions with 32, 128 and 128 channels. Pooling halves the map in each block.

    Parameters
    ----------
    shape : (channels, height, width) of an image; height and width at least 9
    classes : number of logits
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
        nn.Conv2d(shape[0], 16, 2),
        nn.GELU(),
        *block(16, 32),
        *block(32, 128),
        *block(128, 128),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(128, classes),
    )


def mlp(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Two hidden layers of 512 units, which do not know that pixels have neighbours.

    Parameters
    ----------
    shape : (channels, height, width) of an image
    classes : number of logits
    """
    channels, height, width = shape
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(channels * height * width, 512),
        nn.ReLU(),
        nn.Linear(512, 512),
        nn.ReLU(),
        nn.Linear(512, classes),
    )


def resnet18(shape: tuple[int, int, int], classes: int, stem: str) -> nn.Module:
    """torchvision's ResNet-18 (He et al. 2016) with one of two stems.

    Parameters
    ----------
    shape : (channels, height, width) of an image
    classes : number of logits
    stem : "imagenet", the original 7 x 7 convolution of stride 2 and max-pool, or "cifar", one
        3 x 3 convolution of stride 1 that keeps the resolution of a 32 x 32 image

    Raises
    ------
    ValueError
        For any other stem.
    """
    network = torchvision.models.resnet18(num_classes=classes)
    for module in network.modules():
        if type(module) is nn.Conv2d and module.kernel_size[0] > 1:
            module.__class__ = SmallMapConv2d  # same weights, same function
    # Pooling before the ReLU: the same function, computed faster.
    network.relu, network.maxpool = network.maxpool, network.relu
    if stem == "cifar":
        network.conv1 = nn.Conv2d(shape[0], 64, 3, padding=1, bias=False)
        network.relu = nn.Identity()  # where the pooling stands
    elif stem == "imagenet":
        if shape[0] != 3:
            network.conv1 = nn.Conv2d(shape[0], 64, 7, stride=2, padding=3, bias=False)
    else:
        raise ValueError(f"Unknown stem {stem!r}: use 'imagenet' or 'cifar'.")
    return network


MODELS = {
    "small_cnn": small_cnn,
    "deep_cnn": deep_cnn,
    "mlp": mlp,
    "resnet18-imagenet": lambda shape, classes: resnet18(shape, classes, "imagenet"),
    "resnet18-cifar": lambda shape, classes: resnet18(shape, classes, "cifar"),
}


def save(state: dict, path: Path) -> None:
    """Write what `torch.load` reads, whole or not at all; an OSError says why it cannot be."""
    content = io.BytesIO()
    torch.save(state, content)  # which, on a full disk, would speak of positions
    with atomic_write(path) as temporary:
        temporary.write_bytes(content.getbuffer())


class Drawing(TorchFunctionMode):
    """What is drawn at random comes from this generator; other threads draw from theirs."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.generator = generator

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if "generator" in kwargs:
            kwargs = kwargs | {"generator": self.generator}
        return func(*args, **kwargs)


@pinned()
def build(name: str, shape: tuple[int, int, int], classes: int, seed: int) -> nn.Module:
    """A freshly initialised network, the same for the same seed; PyTorch's default initialisation.

    Raises
    ------
    ValueError
        When no model has that name.
    """
    if name not in MODELS:
        raise ValueError(f"Unknown model {name!r}: use one of {', '.join(MODELS)}.")
    with Drawing(torch.Generator().manual_seed(seed)):
        return MODELS[name](shape, classes).to(memory_format=torch.channels_last)
