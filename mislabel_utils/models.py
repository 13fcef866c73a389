"""The networks of the book."""

from __future__ import annotations

import torch
import torchvision
from torch import nn


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
    if stem == "cifar":
        network.conv1 = nn.Conv2d(shape[0], 64, 3, padding=1, bias=False)
        network.maxpool = nn.Identity()
    elif stem == "imagenet":
        if shape[0] != 3:
            network.conv1 = nn.Conv2d(shape[0], 64, 7, stride=2, padding=3, bias=False)
    else:
        raise ValueError(f"Unknown stem {stem!r}: use 'imagenet' or 'cifar'.")
    return network


MODELS = {
    "small_cnn": small_cnn,
    "resnet18-imagenet": lambda shape, classes: resnet18(shape, classes, "imagenet"),
    "resnet18-cifar": lambda shape, classes: resnet18(shape, classes, "cifar"),
}


def build(name: str, shape: tuple[int, int, int], classes: int, seed: int) -> nn.Module:
    """A freshly initialised network, the same for the same seed; PyTorch's default initialisation.

    Raises
    ------
    ValueError
        When no model has that name.
    """
    if name not in MODELS:
        raise ValueError(f"Unknown model {name!r}: use one of {', '.join(MODELS)}.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MODELS[name](shape, classes).to(memory_format=torch.channels_last)
