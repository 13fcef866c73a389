"""A `small_cnn` in one byte a weight, small enough to come with a page.

Each row of a layer's weights (all that one output is made of) is divided by the scale that takes
its largest weight to 127, and rounded. Biases keep their precision.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mislabel_utils.files import BUNDLED
from mislabel_utils.learning import inference, models
from mislabel_utils.learning.datasets import Split
from mislabel_utils.recording.records import RecordError
from mislabel_utils.recording.runs import Run

SHAPE, CLASSES = (1, 28, 28), 10


@dataclass(frozen=True)
class Layer:
    """One layer of R outputs: its weights are `scale` times `weight`."""

    weight: np.ndarray  # int8 (R, …)
    scale: np.ndarray  # float32 (R,)
    bias: np.ndarray  # likewise


@dataclass(frozen=True)
class Compact:
    """A trained network in one byte a weight."""

    run: str  # identity of the run that trained it
    weights: str  # `Record.weights` of that run, empty where they are unknown
    layers: tuple[Layer, ...]
    tested_on: str  # `Split.key` of the images that its accuracy was measured on
    images: int  # how many those were
    correct: int  # and how many it read correctly

    @property
    def accuracy(self) -> float:
        """Of the rounded network, in [0, 1]."""
        return self.correct / self.images

    @property
    def shapes(self) -> list[list[int]]:
        """Of the layers' weights."""
        return [list(layer.weight.shape) for layer in self.layers]

    @property
    def packed(self) -> bytes:
        """Every layer's scales and biases (little-endian float32), then every layer's weights."""
        floats = [
            a.astype("<f4").tobytes() for each in self.layers for a in (each.scale, each.bias)
        ]
        return b"".join(floats + [each.weight.tobytes() for each in self.layers])

    def network(self) -> nn.Module:
        """The rounded network, in float32."""
        return _with_layers(self.layers)


def compact(run: Run, test: Split) -> Compact:
    """The rounded network of a run of a `small_cnn`: the package's, or else made now and tested.

    Raises a RecordError when the file is damaged, or neither it nor the run's weights are there.
    """
    path = BUNDLED / "weights" / f"{run.record.stem}.npz"
    return read(path, run) if path.exists() else rounded(run, test)


def rounded(run: Run, test: Split) -> Compact:
    """Round the weights of a run and test the result on the images that are in `test`."""
    layers = tuple(
        _rounded(module.weight.detach().cpu(), module.bias.detach().cpu())
        for module in run.network
        if isinstance(module, nn.Conv2d | nn.Linear)
    )
    said = inference.predict(_with_layers(layers), test)
    correct = (said == test.labels[test.index]).sum().item()
    return Compact(run.id, run.record.weights, layers, test.key, len(test.index), correct)


def read(path: Path, run: Run) -> Compact:
    """The rounded network in a file; a RecordError if it is damaged, or not that of `run`."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        meta = json.loads(str(arrays.pop("meta")))
        layers = tuple(
            Layer(*(arrays[f"{name}_{number}"] for name in ("weight", "scale", "bias")))
            for number in range(len(arrays) // 3)
        )
        _with_layers(layers)  # do they fit together?
        found = Compact(layers=layers, **meta)
    except Exception as error:  # zipfile, numpy, json and torch each have their own
        raise RecordError(
            f"The exported network {path} is damaged ({error}): restore it from version control."
        ) from error
    if (found.run, found.weights) != (run.id, run.record.weights):
        raise RecordError(
            f"The exported network {path} is not that of {run.record.stem}: delete it, and the "
            "run's own weights are rounded instead."
        )
    return found


def _rounded(weight: Tensor, bias: Tensor) -> Layer:
    rows = weight.flatten(1)
    scale = rows.abs().amax(1) / 127
    steps = (rows / scale.clamp(min=torch.finfo(torch.float32).tiny)[:, None]).round()
    return Layer(steps.to(torch.int8).view(weight.shape).numpy(), scale.numpy(), bias.numpy())


def _with_layers(layers: tuple[Layer, ...]) -> nn.Module:
    network = models.build("small_cnn", SHAPE, CLASSES, seed=0)  # leaves torch's own seed alone
    places = [module for module in network if isinstance(module, nn.Conv2d | nn.Linear)]
    for place, layer in zip(places, layers, strict=True):
        scale = torch.from_numpy(layer.scale).view(-1, *[1] * (layer.weight.ndim - 1))
        weight, bias = torch.from_numpy(layer.weight) * scale, torch.from_numpy(layer.bias)
        place.load_state_dict({"weight": weight, "bias": bias})
    return network.eval()
