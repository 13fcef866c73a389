"""The networks of the book."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

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


def deep_cnn(shape: Shape, classes: int) -> nn.Module:
    """Seven convolutions with batch normalisation: half a million weights, quick to train well.

    In the manner of Keller Jordan's airbench94 (2024), half as wide and without its whitened first
    layer and its other refinements: a 2 x 2 convolution, then three blocks of two 3 x 3
    convolutions with 32, 128 and 128 channels. Pooling halves the map in each block; height and
    width are at least 9.
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


class FastResNet(torchvision.models.ResNet):
    """ResNet-18 (He et al. 2016): torchvision's weights and function, with a faster forward pass.

    Pooling stands before the ReLU, and small maps are multiplied, see `convolved`. `stem` is
    "imagenet", the original 7 x 7 convolution of stride 2 and max-pool, or "cifar", one 3 x 3
    convolution of stride 1 that keeps the resolution of a 32 x 32 image.
    """

    def __init__(self, shape: Shape, classes: int, stem: str) -> None:
        super().__init__(torchvision.models.resnet.BasicBlock, [2, 2, 2, 2], num_classes=classes)
        if stem == "cifar":
            self.conv1 = nn.Conv2d(shape[0], 64, 3, padding=1, bias=False)
            self.maxpool = nn.Identity()
        elif shape[0] != 3:
            self.conv1 = nn.Conv2d(shape[0], 64, 7, stride=2, padding=3, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        maps = self.relu(self.maxpool(self.bn1(self.conv1(inputs))))
        for block in (*self.layer1, *self.layer2, *self.layer3, *self.layer4):
            hidden = self.relu(block.bn1(convolved(block.conv1, maps)))
            hidden = block.bn2(convolved(block.conv2, hidden))
            maps = hidden + (maps if block.downsample is None else block.downsample(maps))
            maps = self.relu(maps)
        return self.fc(self.avgpool(maps).flatten(1))


def convolved(layer: nn.Conv2d, inputs: Tensor) -> Tensor:
    """What a plain square convolution puts out, with one multiplication where the map is small.

    On a map no larger than the kernel each output pixel sees all of it, through a window of the
    kernel; the rest of the kernel only ever meets padding. Behind the original stem the last two
    stages work on 2 x 2 and 1 x 1 pixels, where a convolution wastes more than half its time.
    """
    size, kernel, padding = inputs.shape[-1], layer.kernel_size[0], layer.padding[0]
    side = (size + 2 * padding - kernel) // layer.stride[0] + 1
    starts = [padding - i * layer.stride[0] for i in range(side)]
    if inputs.shape[-2] != size or min(starts) < 0 or max(starts) + size > kernel:
        return layer(inputs)
    weight = layer.weight.permute(0, 2, 3, 1)  # channels last, as they lie in memory
    windows = [weight[:, y : y + size, x : x + size].flatten(1) for y in starts for x in starts]
    outputs = F.linear(inputs.permute(0, 2, 3, 1).flatten(1), torch.cat(windows))
    return outputs.unflatten(1, (side, side, -1)).permute(0, 3, 1, 2)


MODELS = {  # from the shape of an image and the number of classes, which is that of the logits
    "small_cnn": small_cnn,
    "deep_cnn": deep_cnn,
    "mlp": mlp,
    "resnet18-imagenet": partial(FastResNet, stem="imagenet"),
    "resnet18-cifar": partial(FastResNet, stem="cifar"),
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
def build(name: str, shape: Shape, classes: int, seed: int) -> nn.Module:
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
