"""Where a chapter trains: `Lab.train` trains a network, or returns the run that was recorded.

The code of a chapter is the same at each scale. "recorded" reads every run from the store,
"quick" trains on the bundled sample and keeps nothing, "full" trains on all of the data, resumes
what was interrupted, and writes records.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import index
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from IPython.display import SVG
from torch import nn

from mislabel_utils.files import atomic_write, cache_dir, folder, locked, require_writable
from mislabel_utils.learning import datasets, inference, models, training, training_sets
from mislabel_utils.learning.datasets import Dataset, Split
from mislabel_utils.learning.environment import environment, pinned
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording import records, runs
from mislabel_utils.recording.records import Record, RecordError, Store, canonical, run_id
from mislabel_utils.recording.runs import Run, weights_digest


class Drawn(SVG):
    """A figure in SVG, and in words where none is shown, as in a notebook that was not run."""

    def __repr__(self) -> str:
        return f"[Figure: {self.metadata['alt']}]"


class Lab:
    """The scale, the data and the records that a chapter works with.

    Parameters
    ----------
    chapter : name of the folder of its records
    scale : "recorded", "quick" or "full"; default ``MISLABEL_SCALE``, else "recorded"
    store : of records; default `Store()`
    """

    def __init__(self, chapter: str, scale: str | None = None, store: Store | None = None) -> None:
        records.require_name(chapter)
        self.chapter = chapter
        self.scale = scale or os.environ.get("MISLABEL_SCALE") or "recorded"
        if self.scale not in datasets.SCALES:
            known = ", ".join(datasets.SCALES)
            raise ValueError(f"MISLABEL_SCALE, or scale, is {self.scale!r}: use {known}.")
        # Pages that are tested together share what they train at quick scale, in a folder that
        # their tests made.
        shared = os.environ.get("MISLABEL_QUICK") if self.scale == "quick" else None
        self.store = store or Store(shared)
        self.fleeting = self.scale == "quick" and not shared
        self._data: dict[tuple[str, Path | None], Dataset] = {}
        self._runs: dict[str, Run] = {}

    def load(self, name: str) -> Dataset:
        """A data set at the lab's scale, see `datasets.load`; once, but for a folder's pictures."""
        key = name, folder("MISLABEL_DATA")
        if name not in datasets.NAMES or key not in self._data:
            self._data[key] = datasets.load(name, self.scale)
        return self._data[key]

    def seeds(self, full: Sequence[int]) -> list[int]:
        """The seeds of an experiment: all of them, or the first alone at quick scale."""
        return list(full[:1] if self.scale == "quick" else full)

    def train(
        self,
        on: Split | TrainingSet,
        recipe: Recipe,
        *,
        seed: int,
        arm: str,
        test: Split,
        also: Sequence[Split] = (),
    ) -> Run:
        """Train a network on images and labels, or return the run that was recorded.

        Raises a RecordError at recorded scale, when nobody has recorded this run so far; when the
        recorded run was trained on other labels than `on` has; when no record could be written.

        Parameters
        ----------
        on : a split with its true labels, or a training set of the teacher's making
        seed : of the initialisation, the order and the augmentation
        arm : name of the experimental condition, such as "student-own"
        test : evaluated for the learning curve, and at the end
        also : more splits to predict at the end
        """
        on = on if isinstance(on, TrainingSet) else training_sets.true_labels(on)
        seed, splits = index(seed), (test, *also)  # numpy's integers are no JSON
        records.require_name(arm)
        runs.require_named(on.split, splits)
        config = runs.configuration(on, recipe, seed)
        identity = run_id(config)
        run = self._found(identity, arm, seed, on)  # raises at recorded scale if there is none
        if self.scale != "recorded" and _missing(run, splits):
            with self._alone(identity, f"trains {arm} seed {seed}") as checkpoint:
                if not self.fleeting:  # others may have recorded more in the meantime
                    self._runs.pop(identity, None)
                run = self._found(identity, arm, seed, on)
                if run is None:
                    made = training.train(
                        recipe, on, seed=seed, test=test, checkpoint=checkpoint,
                        title=f"{arm} seed {seed}",
                    )  # fmt: skip
                    state = made.state
                    where = _where(state["seconds"], state["sittings"])
                    record = Record(
                        self.chapter, arm, seed, config, state["curve"],
                        **_evaluated(made.network, splits, recipe.precision),
                        environment=where | {"curve": test.key},
                        trained_on=state["trained_on"], weights=weights_digest(made.network),
                    )  # fmt: skip
                    run = self._kept(record, made.network)
                    if checkpoint:
                        checkpoint.unlink(missing_ok=True)
                elif missing := _missing(run, splits):
                    # The page asks for more than when the run was recorded: no need to train again.
                    found = _evaluated(run.network, missing, run.precision)
                    run = self._kept(run.record.extended(**found), run.network)
        self._runs[identity] = run
        return run

    def measure(
        self, arm: str, seed: int, config: dict[str, Any], compute: Callable[[], Mapping[str, Any]]
    ) -> dict[str, np.ndarray]:
        """The arrays of an experiment of another kind, computed now or read from its record.

        `config`, JSON, is everything that determines them; `compute` makes them, by name.

        Raises a ValueError for arrays that no record can hold; a RecordError at recorded scale,
        when nobody has recorded it yet, and where it was measured on other weights than those of a
        run that `config` names.
        """
        records.require_name(arm)
        seed = index(seed)
        identity, text = run_id(config), canonical(config)
        weights = {name: run.weights for name, run in self._runs.items() if name in text}
        record = self._recorded(identity, arm, seed)
        if record is None:
            with self._alone(identity, f"measures {arm} seed {seed}"), pinned():
                record = self._recorded(identity, arm, seed)  # by another in the meantime?
                if record is None:
                    start = time.monotonic()
                    arrays = {name: np.asarray(a) for name, a in compute().items()}
                    made = _where(time.monotonic() - start, [environment()])
                    record = Record(self.chapter, arm, seed, config, [], {}, arrays, made, weights)
                    if not self.fleeting:
                        record = self.store.read(self.store.write(record))
        if any(record.trained_on.get(name, now) != now for name, now in weights.items()):
            raise RecordError(
                f"{record.stem} was measured on a network that has since been trained anew, with "
                "other weights: delete the record to measure it again."
            )
        return record.arrays

    def picture(self, name: str, of: Run, draw: Callable[[], Any]) -> Any:
        """A figure of images that may not be passed on: the one that the full run has drawn.

        Kept as SVG beside the chapter's records, under its name, the identity of the run that it
        shows, and its weights; `draw` makes a `style.Picture`. Raises a RecordError when nobody has
        drawn it yet.
        """
        if self.scale == "quick":
            return draw()
        path = self.store.root / self.chapter / f"{name}-{of.id[:12]}-{of.weights[:12]}.svg"
        if not path.is_file():  # to draw it again may take weights
            if self.scale == "recorded":
                raise RecordError(
                    f"No picture {path}. Make it with: make reproduce CHAPTER={self.chapter}, or "
                    "where its page draws it, by executing that with MISLABEL_SCALE=full"
                )
            with atomic_write(path) as temporary:
                temporary.write_text(draw().svg(), "utf-8")
        svg = path.read_text("utf-8")
        return Drawn(svg, metadata={"alt": ElementTree.fromstring(svg).get("aria-label")})

    def _recorded(self, identity: str, arm: str, seed: int) -> Record | None:
        """The record of a run; None if there is none yet, and at this scale there need not be."""
        record = None if self.fleeting else self.store.find(identity)
        if record is None and self.scale == "recorded":
            raise RecordError(
                f"No record of {arm}, seed {seed} (run {identity[:12]}) in {self.store.root}. "
                f"Make it with: make reproduce CHAPTER={self.chapter}"
            )
        return record

    def _found(self, identity: str, arm: str, seed: int, on: TrainingSet) -> Run | None:
        """The run as it was last seen in this process, or else as it is recorded.

        One of other labels than those given now is trained again at quick scale, where what makes
        them may change from call to call; elsewhere it is refused.
        """
        run = self._runs.get(identity)
        if run is None:
            record = self._recorded(identity, arm, seed)
            run = record and Run(record)
        if run is None or run.learnt(on, ask=self.fleeting):
            return run
        if self.fleeting:
            return None
        raise RecordError(
            f"{run.record.stem} was trained on other labels than {on.source['kind']} now makes: "
            "what makes them has changed. Give them another `kind`, or delete the record."
        )

    def _kept(self, record: Record, network: nn.Module) -> Run:
        """The run; at full scale with its record stored, and its weights in the cache."""
        if not self.fleeting:
            if not (weights := runs.weights_path(record.id, record.weights)).exists():
                models.save(network.state_dict(), weights)
            # Another machine may have recorded the same run first: then its record counts.
            record = self.store.read(self.store.write(record))
            network = network if record.weights == weights_digest(network) else None
        return Run(record, network)

    @contextmanager
    def _alone(self, identity: str, what: str) -> Iterator[Path | None]:
        """Yield where to keep the checkpoint of a run, if anywhere.

        One process trains; another that wants the same run waits and then finds its record.
        """
        if self.fleeting:
            yield None
            return
        checkpoints = cache_dir() / "checkpoints"
        require_writable(self.store.root / self.chapter, self.store.lock)
        require_writable(cache_dir() / "weights")
        require_writable(checkpoints)
        with locked(checkpoints / f"{identity}.lock", what):
            yield checkpoints / f"{identity}.pt"


def _missing(run: Run | None, splits: Sequence[Split]) -> list[Split]:
    """What a run is asked for and has not answered."""
    return [split for split in splits if run is None or not run.knows(split)]


def _where(seconds: float, sittings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The environment of a `Record`: the last sitting, and all where there were several."""
    finished = time.strftime("%Y-%m-%d", time.gmtime())
    several = {"sittings": list(sittings)} if len(sittings) > 1 else {}
    return {**sittings[-1], "finished": finished, "seconds": round(seconds, 1), **several}


def _evaluated(network: nn.Module, splits: Sequence[Split], precision: str) -> dict[str, Any]:
    """Metrics and arrays of a `Record`, and the digests of what was seen."""
    metrics, arrays = {}, {}
    for split in splits:
        confidence, predicted = inference.probabilities(network, split, precision).max(1)
        metrics[split.key] = inference.accuracy(predicted, split.labels)
        arrays[split.key] = predicted.numpy().astype(np.uint8)
        if split.name.endswith("/train"):  # what a teacher labels: how sure was it?
            rounded = (confidence * 255).round()
            arrays[f"confidence:{split.key}"] = rounded.numpy().astype(np.uint8)
    seen = {split.key: split.digest for split in splits}
    return {"metrics": metrics, "arrays": arrays, "seen": seen}
