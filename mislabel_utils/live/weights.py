"""A `small_cnn` in one byte a weight, small enough to come with a page.

Each row of a layer's weights (all that one output is made of) is divided by the scale that takes
its largest weight to 127, and rounded. Biases keep their precision.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
class Compact:
    """A trained network in one byte a weight.

    Attributes
    ----------
    layers : of each the weights, int8 (R, …), what they are multiplied by, and the biases, float32
        (R,)
    accuracy : of the rounded network, in [0, 1], on so many test `images`
    """

    layers: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]
    accuracy: float
    images: int

    @property
    def shapes(self) -> list[list[int]]:
        """Of the layers' weights."""
        return [list(weight.shape) for weight, _, _ in self.layers]

    @property
    def packed(self) -> bytes:
        """Every layer's scales and biases (little-endian float32), then every layer's weights."""
        floats = [each.astype("<f4") for _, *both in self.layers for each in both]
        return b"".join(each.tobytes() for each in (*floats, *(w for w, _, _ in self.layers)))

    def network(self) -> nn.Module:
        """The rounded network, in float32."""
        network = models.build("small_cnn", SHAPE, CLASSES, seed=0)  # leaves torch's own seed alone
        for place, (whole, scale, bias) in zip(_places(network), self.layers, strict=True):
            weight = torch.from_numpy(whole * scale.reshape(-1, *[1] * (whole.ndim - 1)))
            place.load_state_dict({"weight": weight, "bias": torch.from_numpy(bias)})
        return network.eval()


def compact(run: Run, test: Split) -> Compact:
    """The rounded network of a run of a `small_cnn`: the package's, or else made now and tested."""
    path = BUNDLED / "weights" / f"{run.record.stem}.npz"
    return read(path, run) if path.exists() else rounded(run, test)


def rounded(run: Run, test: Split) -> Compact:
    """Round the weights of a run and test the result on the images that are in `test`."""
    layers = [_rounded(each.weight.detach().cpu(), each.bias) for each in _places(run.network)]
    found = Compact(layers, 0, len(test.index))
    said = inference.predict(found.network(), test)
    return replace(found, accuracy=inference.accuracy(said, test.labels[test.index]))


def read(path: Path, run: Run) -> Compact:
    """The rounded network in a file; a RecordError if it is not that of `run`."""
    with np.load(path, allow_pickle=False) as file:
        meta = json.loads(str(file["meta"]))
        layers = [
            tuple(file[f"{name}_{number}"] for name in ("weight", "scale", "bias"))
            for number in range(len(file.files) // 3)
        ]
    if (meta["run"], meta["weights"]) != (run.id, run.weights):
        raise RecordError(
            f"The exported network {path} is not that of {run.record.stem}: delete it, and the "
            "run's own weights are rounded instead."
        )
    return Compact(layers, meta["correct"] / meta["images"], meta["images"])


def _rounded(weight: Tensor, bias: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = weight.flatten(1)
    scale = rows.abs().amax(1) / 127
    steps = (rows / scale.clamp(min=torch.finfo(torch.float32).tiny)[:, None]).round()
    whole = steps.to(torch.int8).view(weight.shape)
    return whole.numpy(), scale.numpy(), bias.detach().cpu().numpy()


def _places(network: nn.Module) -> list[nn.Conv2d | nn.Linear]:
    """The layers that have weights."""
    return [module for module in network if isinstance(module, nn.Conv2d | nn.Linear)]
