"""A trained network, seen through its predictions."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mislabel_utils.files import BUNDLED, cache_dir
from mislabel_utils.learning import models, training
from mislabel_utils.learning.datasets import Split
from mislabel_utils.recording.records import Record, RecordError


class Run:
    """A trained network, seen through its predictions.

    Parameters
    ----------
    record : what is known of it
    network : the network itself; when it is not given it comes from the weights cache
    """

    def __init__(self, record: Record, network: nn.Module | None = None) -> None:
        self.record = record
        self._network = network

    @property
    def id(self) -> str:
        return self.record.id

    def predict(self, split: Split) -> Tensor:
        """The class predicted for each image, int64 (N,)."""
        return torch.from_numpy(self._array(split.key, split).astype(np.int64))

    def confidence(self, split: Split) -> Tensor:
        """The probability of the predicted class, float64 (N,), in steps of 1/255."""
        return torch.from_numpy(self._array(f"confidence:{split.key}", split) / 255)

    def accuracy(self, split: Split) -> float:
        """Share of the split's images whose true label is predicted, in [0, 1]."""
        return training.accuracy(self.predict(split), split.labels)

    def curve(self, key: str = "test_accuracy") -> dict[int, float]:
        """The learning curve by epoch, from 1, where it was measured; see `training.train`."""
        points = enumerate(self.record.curve, start=1)
        return {epoch: point[key] for epoch, point in points if key in point}

    def probabilities(self, split: Split) -> Tensor:
        """The class probabilities of each image that is here, float32 (M, K)."""
        return training.probabilities(self.network, split, self.precision)

    @property
    def precision(self) -> str:
        """That of its recipe; what was recorded before it could be chosen is float32."""
        return self.record.config["recipe"].get("precision", "float32")

    def features(self, split: Split) -> Tensor:
        """What the last layer of a `small_cnn` sees of each image here, float32 (M, 128)."""
        return training.outputs(self.network[:-1], split, self.precision)

    @cached_property
    def network(self) -> nn.Module:
        """The network itself.

        Raises
        ------
        RecordError
            When its weights are neither in the cache nor among the few that come with the package.
        """
        if self._network is not None:
            return self._network
        path, config = weights_path(self.id), self.record.config
        shape, classes = tuple(config["image_shape"]), config["classes"]
        network = models.build(config["recipe"]["model"], shape, classes, seed=0)
        for place in (path, BUNDLED / "weights" / f"{self.record.stem}.pt"):
            if not place.exists():
                continue
            try:
                network.load_state_dict(torch.load(place, map_location="cpu", weights_only=True))
            except Exception as error:  # torch has many exceptions for half a file
                raise RecordError(
                    f"The weights {place} are damaged: delete them and train the run again."
                ) from error
            return network.eval().to(training.default_device())
        raise RecordError(
            f"The weights of {self.record.stem} are not in {path.parent}: train it here with "
            "MISLABEL_SCALE=full and MISLABEL_RECORDS set to a new folder."
        )

    def _array(self, key: str, split: Split) -> np.ndarray:
        if key not in self.record.arrays:
            raise RecordError(
                f"{self.record.stem} holds no {key}, only {', '.join(self.record.arrays)}: name "
                "the split in `also=` and run the chapter with MISLABEL_SCALE=full."
            )
        array = self.record.arrays[key]
        if len(array) != len(split):
            raise RecordError(
                f"{self.record.stem} has {len(array)} predictions for {key}, which has "
                f"{len(split)} images: another version of the data set."
            )
        return array


def weights_path(identity: str) -> Path:
    """Where the weights of a run are cached."""
    return cache_dir() / "weights" / f"{identity}.pt"
