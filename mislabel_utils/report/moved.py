"""*Adversarial errors*: its networks as a tidy frame, and the tables of its pages."""

import re
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from mislabel_utils.learning.inference import accuracy
from mislabel_utils.recording.records import canonical
from mislabel_utils.report.tables import Table, range_text, span
from mislabel_utils.studies.adversarial_errors import ARMS, MODELS, PREFIXES, Experiment

COLUMNS = {
    "given": "Labels that the attacked network predicts, %",
    "accuracy": "Accuracy, %",
    "next": "It answers the next class, %",
    "loss_before": "Training loss in the last pass but one",
    "loss": "In the last pass",
    "previous": "The one before, %",
    "images": "Images",
    "median": "Length of the move: median",
    "longest": "Longest move",
}
ASKED = {"given": "target", "median": "norm_median", "longest": "norm_most",
         "probability": "probability"}  # fmt: skip
# Sets that several networks learn are described once.
MADE = {f"rand-{a}-to-{b}": f"{PREFIXES.get(a, 'deep-')}rand" for a in MODELS for b in MODELS}
SHIFTS = {"accuracy": 0, "next": 1, "previous": -1}  # from a class to the one that is answered
FORMS = {"images": ",.0f", "loss": ".2f", "loss_before": ".2f", "median": ".3f", "longest": ".3f"}


def lessons(series: Mapping[int, Experiment]) -> pd.DataFrame:
    """A row for each network and seed, in the order of the study's arms.

    Of a series, by seed what has gone through some parts of the study. Columns: `arm`, as
    `Experiment.runs` has it; `name`, `role` and `labels`, as its study says; `seed`;
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
            losses = [np.nan, np.nan, *run.curve("train_loss").values()]
            told, said = one.described.get(MADE.get(arm, arm), {}), run.predict(on)
            row = {"arm": arm, "place": places[full], **ARMS[full]._asdict(), "seed": seed,
                   "loss_before": losses[-2], "loss": losses[-1]}  # fmt: skip
            for name, shift in SHIFTS.items():
                row[name] = accuracy(said, (on.labels + shift) % len(on.classes))
            for name, key in ASKED.items():
                row[name] = float(told.get(key, np.nan))
            rows.append(row)
    return pd.DataFrame(rows).sort_values(["place", "seed"], ignore_index=True)


def table(rows: pd.DataFrame, columns: Sequence[str] = tuple(COLUMNS)[:5]) -> Table:
    """A line for each arm: its name, and of each column the mean and the range of its seeds."""
    write = {
        each: partial(range_text, form=FORMS[each], unit="") if each in FORMS
        else partial(span, unit="")
        for each in columns
    }  # fmt: skip
    texts = rows.groupby("name", sort=False).agg(write)
    return Table.of(texts, ("Network", *(COLUMNS[each] for each in columns)))


def teacher_of(one: Experiment, arm: str) -> str:
    """The arm whose predictions, or whose perturbations, a network learnt, as its record says."""
    config = one.runs[arm].record.config
    run = re.search('"run":"(\\w+)"', canonical([config["labels"], config.get("images")]))
    return next(name for name, each in one.runs.items() if run and each.id == run[1])
