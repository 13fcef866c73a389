"""Training runs: what determines one, and the trained network seen through its predictions."""

import dataclasses
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mislabel_utils.files import BUNDLED, cache_dir
from mislabel_utils.learning import inference, models, training
from mislabel_utils.learning.datasets import DataError, Normalization, Split
from mislabel_utils.learning.environment import default_device
from mislabel_utils.learning.inputs import digest
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.records import Record, RecordError

# Parts of a recipe that it has got since, and what there was before: then not written down.
LATE = {"precision": "float32", "flip": True, "optimizer": "sgd", "schedule": "rise and fall"}


class Run:
    """A trained network, seen through its predictions.

    Where the `network` itself is not given, it comes from the weights cache.

    Attributes
    ----------
    weights : SHA-256 of its final weights, see `weights_digest`; empty where it is not known
    precision : that of its recipe; what was recorded before it could be chosen is float32
    """

    def __init__(self, record: Record, network: nn.Module | None = None) -> None:
        self.record, self._network = record, network
        self.id, self.weights = record.id, record.weights
        self.precision = record.config.get("recipe", {}).get("precision", LATE["precision"])

    def predict(self, split: Split) -> Tensor:
        """The class predicted for each image, int64 (N,).

        Raises a RecordError when they were not recorded, or are of another version of the data set.
        """
        said = torch.from_numpy(self._array(split.key, split).astype(np.int64))
        if inference.accuracy(said, split.labels) != self.record.metrics[split.key]:
            raise self._another_version(split)
        return said

    def knows(self, split: Split) -> bool:
        """Whether its answers are recorded; a RecordError for other images of that name."""
        if self.record.seen.get(split.key, split.digest) != split.digest:
            raise self._another_version(split)
        return split.key in self.record.metrics

    def confidence(self, split: Split) -> Tensor:
        """The probability of the predicted class, float64 (N,), in steps of 1/255."""
        return torch.from_numpy(self._array(f"confidence:{split.key}", split) / 255)

    def accuracy(self, split: Split) -> float:
        """Share of the split's images whose true label is predicted, in [0, 1]."""
        return inference.accuracy(self.predict(split), split.labels)

    def curve(self, key: str = "test_accuracy") -> dict[int, float]:
        """The learning curve by epoch, from 1, where it was measured; see `training.Learner`.

        It is of the test set that the run was first trained with.
        """
        points = enumerate(self.record.curve, start=1)
        return {epoch: point[key] for epoch, point in points if key in point}

    def learnt(self, on: TrainingSet, ask: bool) -> bool:
        """Whether it was trained on these labels and images, as far as that can be told here.

        Images that a network was asked for are not made again for the comparison, nor labels unless
        to `ask` is cheap; that it is the same network is enough. At recorded scale most images are
        not here.
        """
        known, found, split = self.record.trained_on, {}, on.split
        if on.network:
            found["network"] = on.network
        with suppress(DataError, RecordError):  # they may take images or weights that are not here
            if "labels" in known and (ask or not on.asked):
                labels = on.labels
                if split.complete or len(labels) == len(split):
                    found["labels"] = digest(labels)
        made = on.inputs.source is not None and not on.inputs.network
        if "images" in known and made and split.complete:
            found["images"] = digest(on.images)
        return all(known.get(name, value) == value for name, value in found.items())

    def outputs(self, images: Tensor, normalization: Normalization) -> Tensor:
        """The logits of images (N, C, H, W), see `inference.outputs`; float32 (N, K)."""
        return inference.outputs(self.network, images, normalization, self.precision)

    def features(self, split: Split) -> Tensor:
        """What the last layer of a `small_cnn` sees of each image here, float32 (M, 128)."""
        norm = split.normalization
        return inference.features(self.network, split.images, norm, self.precision)

    @property
    def network(self) -> nn.Module:
        """The network itself; a RecordError where its weights are not here, or not the record's."""
        if self._network is None:
            self._network = self._loaded()
        if self.weights and weights_digest(self._network) != self.weights:
            raise RecordError(
                f"The network of {self.record.stem} has been changed since it was trained: change "
                "a copy, with copy.deepcopy."
            )
        return self._network

    def _loaded(self) -> nn.Module:
        """The network with its weights from where they are kept."""
        stem, config = self.record.stem, self.record.config
        shape, classes = tuple(config["image_shape"]), config["classes"]
        network = models.build(config["recipe"]["model"], shape, classes, seed=0)
        cached = weights_path(self.id, self.weights)
        for place in filter(Path.exists, (cached, BUNDLED / "weights" / f"{stem}.pt")):
            try:
                network.load_state_dict(torch.load(place, map_location="cpu", weights_only=True))
            except Exception as error:  # torch has many exceptions for half a file
                raise RecordError(
                    f"The weights {place} are damaged: delete them and train the run again."
                ) from error
            if weights_digest(network) == self.record.weights:
                return network.eval().to(default_device())
        raise RecordError(
            f"The weights of {stem} are not in {cached.parent}. If another machine trained it, let "
            "both use one MISLABEL_CACHE, or copy that file from there; if none has them, train it "
            "here with MISLABEL_SCALE=full and MISLABEL_RECORDS set to a new folder."
        )

    def _array(self, key: str, split: Split) -> np.ndarray:
        self.knows(split)
        if key not in self.record.arrays:
            raise RecordError(
                f"{self.record.stem} holds no {key}, only {', '.join(self.record.arrays)}: name "
                "the split in `also=` and run the chapter with MISLABEL_SCALE=full."
            )
        array = self.record.arrays[key]
        if len(array) != len(split):
            raise self._another_version(split)
        return array

    def _another_version(self, split: Split) -> RecordError:
        return RecordError(
            f"{self.record.stem} has predictions on another version of {split.name}: read it with "
            "the data it was made from, or train the run on yours with MISLABEL_RECORDS set to a "
            "new folder."
        )


def require_named(on: Split, tested: Sequence[Split]) -> None:
    """Refuse what would be recorded under the name of something else, or not at all."""
    by_key = {split.key: split.digest for split in tested}
    for split in tested:
        if split.digest != by_key[split.key]:
            raise ValueError(f"Two data sets are called {split.key}: give one another name.")
        if not len(split):
            raise ValueError(f"{split.name} has no image to be tested on.")
    for split in (on, *tested):
        if not split.genuine:
            raise ValueError(
                f"The images of {split.name} have been changed since they were loaded: give them a "
                "name and a fingerprint of their own, with dataclasses.replace."
            )


def recipe_json(recipe: Recipe) -> dict[str, Any]:
    """A recipe as JSON, for what identifies a run; a new part of it, see `LATE`, changes none."""
    parts = dataclasses.asdict(recipe)
    return {name: part for name, part in parts.items() if LATE.get(name) != part}


def configuration(on: TrainingSet, recipe: Recipe, seed: int) -> dict[str, Any]:
    """Everything that determines a training run, as JSON; its `run_id` is the run's identity."""
    split = on.split
    made = {} if on.inputs.source is None else {"images": on.inputs.source}
    return made | {
        "protocol": training.PROTOCOL,
        "recipe": recipe_json(recipe),
        "data": {"split": split.name, "fingerprint": split.fingerprint},
        "normalization": {"mean": split.normalization.mean, "std": split.normalization.std},
        "image_shape": tuple(split.images.shape[1:]),
        "classes": len(split.classes),
        "labels": on.source,
        "seed": seed,
    }


def weights_digest(network: nn.Module) -> str:
    """SHA-256 of a network's weights, rounded to half precision.

    Rounded, because the few that come with the package are: they are the same network.
    """
    found = sha256()
    for name, tensor in sorted(network.state_dict().items()):
        rounded = tensor.half() if tensor.is_floating_point() else tensor
        found.update(f"{name}{tuple(tensor.shape)}".encode())
        found.update(rounded.cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def weights_path(identity: str, weights: str) -> Path:
    """Where the weights of a run are cached: trained anew, it may have others."""
    return cache_dir() / "weights" / f"{identity}-{weights[:12]}.pt"
