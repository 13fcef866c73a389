"""What a network answers, in the precision in which it was trained."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor, nn

from mislabel_utils.learning.datasets import Normalization, Split
from mislabel_utils.learning.environment import autocast, pinned

BATCH = 500


class Teacher(Protocol):
    """A trained network that can be asked; `recording.runs.Run` is one."""

    id: str
    weights: str  # SHA-256 of its weights

    def predict(self, split: Split) -> Tensor:
        """The class predicted for each image of a split, int64 (N,), as it was recorded."""

    def outputs(self, images: Tensor, normalization: Normalization) -> Tensor:
        """Logits of any images, float32 (N, K), computed now."""

    network: nn.Module
    precision: str  # in which it computes


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode for a moment; then each layer is in the mode in which it was."""
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@pinned()
@torch.no_grad()
def outputs(
    network: nn.Module, images: Tensor, normalization: Normalization, precision: str = "float32"
) -> Tensor:
    """What the network puts out for each image, float32 (N, K) on the CPU.

    The images (N, C, H, W) are uint8, or float in [0, 1]; the precision is "float32" or "mixed".
    """
    device = next(network.parameters()).device
    batches = []
    with evaluating(network):
        for batch in images.split(BATCH):
            with autocast(device, precision):
                logits = network(standardised(batch.to(device), normalization))
            batches.append(logits.float().cpu())
    return torch.cat(batches)


def features(
    network: nn.Sequential, images: Tensor, normalization: Normalization, precision: str = "float32"
) -> Tensor:
    """What the last layer of the network sees of each image, of a `small_cnn` float32 (N, 128)."""
    return outputs(network[:-1], images, normalization, precision)


def probabilities(network: nn.Module, split: Split, precision: str = "float32") -> Tensor:
    """The network's class probabilities for each image that is here, float32 (M, K)."""
    return outputs(network, split.images, split.normalization, precision).softmax(1)


def predict(network: nn.Module, split: Split, precision: str = "float32") -> Tensor:
    """The most probable class of each image that is here, int64 (M,)."""
    return outputs(network, split.images, split.normalization, precision).argmax(1)


def accuracy(predictions: Tensor, labels: Tensor) -> float:
    """Share of equal entries, in [0, 1]; a ValueError unless there are as many of both."""
    if predictions.shape != labels.shape:
        raise ValueError(f"{len(predictions)} predictions for {len(labels)} labels.")
    return (predictions == labels).double().mean().item()


def standardised(images: Tensor, norm: Normalization) -> Tensor:
    """Images (N, C, H, W) to float32: pixels in [0, 1], less the mean, over the deviation.

    Bytes are divided by 255; images that are float already are in [0, 1].
    """
    mean, std = (
        torch.tensor(values, device=images.device).view(1, -1, 1, 1)
        for values in (norm.mean, norm.std)
    )
    inputs = images.to(torch.float32, memory_format=torch.channels_last, copy=True)
    if not images.is_floating_point():
        inputs.div_(255)
    return inputs.sub_(mean).div_(std)
