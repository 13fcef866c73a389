"""Where a chapter trains: `Lab.train` trains a network, or returns the run that was recorded.

The code of a chapter is the same at each scale. "recorded" reads every run from the store,
"quick" trains on the bundled sample and keeps nothing, "full" trains on all of the data, resumes
what was interrupted, and writes records.
"""

from __future__ import annotations

import dataclasses
import os
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from IPython.display import Image
from matplotlib.figure import Figure
from torch import nn

from mislabel_utils.files import atomic_write, cache_dir
from mislabel_utils.learning import datasets, training, training_sets
from mislabel_utils.learning.datasets import Dataset, Split
from mislabel_utils.learning.training import Recipe
from mislabel_utils.learning.training_sets import Labelled
from mislabel_utils.recording.records import Record, RecordError, Store, run_id
from mislabel_utils.recording.runs import Run, weights_path

Outcome = tuple[dict[str, float], dict[str, np.ndarray]]  # metrics and arrays of a record


class Lab:
    """The scale, the data and the records that a chapter works with.

    Parameters
    ----------
    chapter : name of the notebook; names the folder of its records
    scale : "recorded", "quick" or "full"; the environment variable ``MISLABEL_SCALE`` wins
    store : where records are read and written; default the records of the package
    """

    def __init__(
        self,
        chapter: str,
        scale: str = "recorded",
        store: Store | None = None,
    ) -> None:
        self.chapter = chapter
        self.scale = os.environ.get("MISLABEL_SCALE") or scale
        if self.scale not in datasets.SCALES:
            raise ValueError(
                f"MISLABEL_SCALE is {self.scale!r}: use one of {', '.join(datasets.SCALES)}."
            )
        self.store = store or Store()
        self._runs: dict[tuple[str, int], Run] = {}

    def load(self, name: str) -> Dataset:
        """A data set at the lab's scale, see `datasets.load`."""
        return datasets.load(name, self.scale)

    def seeds(self, full: Sequence[int]) -> list[int]:
        """The seeds of an experiment: all of them, or the first alone at quick scale."""
        return list(full[:1] if self.scale == "quick" else full)

    def train(
        self,
        on: Split | Labelled,
        recipe: Recipe,
        *,
        seed: int,
        arm: str,
        test: Split,
        also: Sequence[Split] = (),
        through: int | None = None,
    ) -> Run:
        """Train a network on images and labels, or return the run that was recorded.

        Parameters
        ----------
        on : a split with its true labels, or labels of someone else's making
        seed : of the initialisation, the order and the augmentation
        arm : name of the experimental condition, such as "student-own"
        test : evaluated after each epoch, for the learning curve, and at the end
        also : more splits to predict at the end
        through : for a run that takes longer than the time allows, the epoch to stop after. Its
            record has at least as many, and at full scale a later epoch goes on from there

        Raises
        ------
        RecordError
            At recorded scale, when nobody has recorded this run so far.
        """
        labelled = on if isinstance(on, Labelled) else training_sets.true_labels(on)
        config = _config(labelled, recipe, seed)
        identity = run_id(config)
        epochs = recipe.epochs if through is None else min(through, recipe.epochs)
        if (identity, epochs) not in self._runs:
            job = {"chapter": self.chapter, "arm": arm, "seed": seed, "config": config}
            run = self._run(identity, job, labelled, recipe, (test, *also), epochs)
            self._runs[identity, epochs] = run
        return self._runs[identity, epochs]

    def measure(
        self, arm: str, seed: int, config: dict[str, Any], compute: Callable[[], Outcome]
    ) -> dict[str, np.ndarray]:
        """The arrays of an experiment of another kind, computed now or read from its record.

        Parameters
        ----------
        arm, seed : name the record
        config : JSON, everything that determines the experiment
        compute : makes the metrics and the arrays of the record

        Raises
        ------
        RecordError
            At recorded scale, when nobody has recorded it yet.
        """
        record = None if self.scale == "quick" else self._recorded(run_id(config), arm, seed)
        if record is None:
            start = time.monotonic()
            metrics, arrays = compute()
            made = environment() | {"seconds": round(time.monotonic() - start, 1)}
            record = Record(self.chapter, arm, seed, config, [], metrics, arrays, made)
            if self.scale == "full":
                record = self.store.read(self.store.write(record))
        return record.arrays

    def picture(self, name: str, draw: Callable[[], Figure]) -> Figure | Image:
        """A figure of images that may not be passed on: the one that the full run has drawn.

        Kept as ``<name>.png`` beside the chapter's records.

        Raises
        ------
        RecordError
            At recorded scale, when nobody has drawn it yet.
        """
        path = self.store.root / self.chapter / f"{name}.png"
        if self.scale == "recorded":
            if not path.is_file():
                raise RecordError(
                    f"No picture {path}. Make it with: make reproduce CHAPTER={self.chapter}"
                )
            return Image(path)
        figure = draw()
        if self.scale == "full":
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as temporary:
                figure.savefig(temporary, format="png")
        return figure

    def _recorded(self, identity: str, arm: str, seed: int) -> Record | None:
        """The record of a run; None if there is none yet, and at this scale there need not be."""
        record = self.store.find(identity)
        if record is None and self.scale == "recorded":
            raise RecordError(
                f"No record of {arm}, seed {seed} (run {identity[:12]}) in {self.store.root}. "
                f"Make it with: make reproduce CHAPTER={self.chapter}"
            )
        return record

    def _run(
        self,
        identity: str,
        job: dict[str, Any],
        labelled: Labelled,
        recipe: Recipe,
        splits: Sequence[Split],
        epochs: int,
    ) -> Run:
        if self.scale == "quick":
            return Run(*self._trained(job, labelled, recipe, splits, epochs, checkpoint=None))
        record = self._recorded(identity, job["arm"], job["seed"])
        if self.scale == "recorded" and len(record.curve) < epochs:
            raise RecordError(
                f"{record.stem} was trained for {len(record.curve)} epochs so far, not {epochs}. "
                f"Go on with: make reproduce CHAPTER={self.chapter}"
            )
        if self.scale == "full" and not _complete(record, splits, epochs):
            checkpoints = cache_dir() / "checkpoints"
            checkpoints.mkdir(parents=True, exist_ok=True)
            # One process trains, another that wants the same run waits and then finds its record.
            with FileLock(checkpoints / f"{identity}.lock"):
                record = self.store.find(identity)
                if record is None or len(record.curve) < epochs:
                    checkpoint = checkpoints / f"{identity}.pt"
                    replace, before = record is not None, 0.0
                    if replace and checkpoint.exists():  # the time that was spent before counts too
                        before = record.environment["seconds"]
                    record, network = self._trained(
                        job, labelled, recipe, splits, epochs, checkpoint
                    )
                    record.environment["seconds"] += before
                    with atomic_write(weights_path(identity)) as temporary:
                        torch.save(network.state_dict(), temporary)
                    # Another machine may have recorded the same run first: then its record counts.
                    record = self.store.read(self.store.write(record, replace))
                    if epochs == recipe.epochs:
                        checkpoint.unlink(missing_ok=True)
                elif not _complete(record, splits, epochs):
                    # The page asks for more than when the run was recorded: no need to train again.
                    seen = _evaluated(Run(record).network, splits, recipe.precision)
                    record = dataclasses.replace(
                        record, metrics=record.metrics | seen[0], arrays=record.arrays | seen[1]
                    )
                    self.store.write(record, replace=True)
        return Run(record)

    def _trained(
        self,
        job: dict[str, Any],
        labelled: Labelled,
        recipe: Recipe,
        splits: Sequence[Split],
        epochs: int,
        checkpoint: Path | None,
    ) -> tuple[Record, nn.Module]:
        start = time.monotonic()
        network, curve = training.train(
            recipe,
            labelled.split,
            labelled.labels,
            seed=job["seed"],
            test=splits[0],
            through=epochs,
            checkpoint=checkpoint,
            title=f"{job['arm']} seed {job['seed']}",
        )
        metrics, arrays = _evaluated(network, splits, recipe.precision)
        made = environment(recipe.precision) | {"seconds": round(time.monotonic() - start, 1)}
        record = Record(**job, curve=curve, metrics=metrics, arrays=arrays, environment=made)
        return record, network


def _complete(record: Record | None, splits: Sequence[Split], epochs: int) -> bool:
    if record is None or len(record.curve) < epochs:
        return False
    return all(split.key in record.metrics for split in splits)


def _evaluated(network: nn.Module, splits: Sequence[Split], precision: str) -> Outcome:
    """Metrics and arrays of a `Record`."""
    metrics, arrays = {}, {}
    for split in splits:
        confidence, predicted = training.probabilities(network, split, precision).max(1)
        metrics[split.key] = training.accuracy(predicted, split.labels)
        arrays[split.key] = predicted.numpy().astype(np.uint8)
        if split.name.endswith("/train"):  # what a teacher labels: how sure was it?
            rounded = (confidence * 255).round()
            arrays[f"confidence:{split.key}"] = rounded.numpy().astype(np.uint8)
    return metrics, arrays


def _config(labelled: Labelled, recipe: Recipe, seed: int) -> dict[str, Any]:
    """Everything that determines a training run."""
    split, steps = labelled.split, dataclasses.asdict(recipe)
    for late, before in (("precision", "float32"), ("flip", True)):
        if steps[late] == before:  # all there was, when it was not written down
            del steps[late]
    return {
        "protocol": training.PROTOCOL,
        "recipe": steps,
        "data": {"split": split.name, "fingerprint": split.fingerprint},
        "normalization": {"mean": split.normalization.mean, "std": split.normalization.std},
        "image_shape": tuple(split.images.shape[1:]),
        "classes": len(split.classes),
        "labels": labelled.source,
        "seed": seed,
    }


def environment(precision: str = "float32") -> dict[str, Any]:
    """Versions, device, threads and date: what a `Record` says of where it was made.

    And, of a run in mixed precision, what that meant there.
    """
    device = training.default_device()
    gpu = device.type == "cuda"
    mixed = {"mixed": str(training.mixed_dtype(device)).removeprefix("torch.")}
    return (mixed if precision == "mixed" else {}) | {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if gpu else platform.machine(),
        "threads": torch.get_num_threads(),
        "finished": time.strftime("%Y-%m-%d", time.gmtime()),
    }
