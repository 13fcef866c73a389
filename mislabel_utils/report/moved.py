"""*Adversarial errors*: its networks as a tidy frame, and the tables of its pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from mislabel_utils.learning.datasets import Split
from mislabel_utils.recording.records import canonical
from mislabel_utils.recording.runs import Run
from mislabel_utils.report.tables import Table, range_text, span
from mislabel_utils.studies.adversarial_errors import ARMS, MODELS, PREFIXES, Experiment

COLUMNS = {
    "given": "Labels that the attacked network predicts, %",
    "accuracy": "Accuracy, %",
    "next": "It answers the next class, %",
    "loss_before": "Training loss in the last pass but one",
    "loss": "In the last pass",
}
OTHERS = {
    "previous": "The one before, %",
    "images": "Images",
    "median": "Length of the move: median",
    "longest": "Longest move",
}
ASKED = {"given": "target", "median": "norm_median", "longest": "norm_most",
         "probability": "probability"}  # fmt: skip
# Sets that several networks learn are described once.
MADE = {f"rand-{a}-to-{b}": f"{PREFIXES.get(a, 'deep-')}rand" for a in MODELS for b in MODELS}
FORMS = {"images": ",.0f", "loss": ".2f", "loss_before": ".2f", "median": ".3f", "longest": ".3f"}


def lessons(series: Mapping[int, Experiment]) -> pd.DataFrame:
    """A row for each network and seed, in the order of the study's arms.

    Parameters
    ----------
    series : by seed what has gone through some parts of the study

    Returns
    -------
    `arm`, as `Experiment.runs` has it; `name`, `role` and `labels`, as its study says; `seed`;
    shares of its test images that it gives the `next` class, the one before (`previous`), and
    their own (`accuracy`); its training loss in the last pass (`loss`) and in the one before
    (`loss_before`); which share of its labels the attacked network predicts there (`given`), with
    which mean `probability`, and how far its images moved (`median`, `longest`): NaN where nobody
    asked.
    """
    places = {arm: place for place, arm in enumerate(ARMS)}
    rows = []
    for seed, one in series.items():
        for arm, run in one.runs.items():
            on = one.lab.load("fashion_mnist").test if arm[:7] == "clothes" else one.images.test
            full = arm if arm in ARMS else f"small-{arm}"
            row = {"arm": arm, "place": places[full], **ARMS[full]._asdict(), "seed": seed}
            told = one.described.get(MADE.get(arm, arm), {})
            asked = {name: float(told.get(key, np.nan)) for name, key in ASKED.items()}
            rows.append(row | _answers(run, on) | _losses(run) | asked)
    return pd.DataFrame(rows).sort_values(["place", "seed"], ignore_index=True)


def _answers(run: Run, on: Split) -> dict[str, float]:
    answers, classes = run.predict(on), len(on.classes)
    shifts = {"accuracy": 0, "next": 1, "previous": -1}
    return {
        name: (answers == (on.labels + shift) % classes).double().mean().item()
        for name, shift in shifts.items()
    }


def _losses(run: Run) -> dict[str, float]:
    """NaN for a network that had no pass, or no more than one."""
    losses = [np.nan, np.nan, *run.curve("train_loss").values()]
    return {"loss_before": losses[-2], "loss": losses[-1]}


def table(rows: pd.DataFrame, columns: Sequence[str] = tuple(COLUMNS)) -> Table:
    """A line for each arm: its name, and of each column the mean and the range of its seeds."""
    write = {
        each: partial(range_text, unit="", form=FORMS[each]) if each in FORMS
        else partial(span, unit="")
        for each in columns
    }  # fmt: skip
    texts = rows.groupby("name", sort=False).agg(write)
    return Table.of(texts, ("Network", *((COLUMNS | OTHERS)[each] for each in columns)))


def teacher_of(one: Experiment, arm: str) -> str:
    """The arm whose predictions, or whose perturbations, a network learnt, as its record says."""
    config = one.runs[arm].record.config
    run = re.search('"run":"(\\w+)"', canonical([config["labels"], config.get("images")]))
    return next(name for name, each in one.runs.items() if run and each.id == run[1])
