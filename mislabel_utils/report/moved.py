"""*Adversarial errors* as a table, a row for each network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from mislabel_utils.learning.datasets import Split
from mislabel_utils.recording.runs import Run
from mislabel_utils.report.tables import Table, range_text
from mislabel_utils.studies.adversarial_errors import ARMS, Experiment

COLUMNS = {
    "given": "Labels that the attacked network predicts, %",
    "accuracy": "Accuracy, %",
    "next": "It answers the next class, %",
    "loss_before": "Training loss in the last pass but one",
    "loss": "In the last pass",
}


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
    (`loss_before`); and which share of its labels the attacked network predicts there (`given`):
    NaN where nobody asked.
    """
    places = {arm: place for place, arm in enumerate(ARMS)}
    rows = []
    for seed, one in series.items():
        for arm, run in one.runs.items():
            on = one.lab.load("fashion_mnist").test if arm[:7] == "clothes" else one.images.test
            full = arm if arm in ARMS else f"small-{arm}"
            given = one.described.get(arm, {}).get("target", np.nan)
            row = {"arm": arm, "place": places[full], **ARMS[full]._asdict(), "seed": seed}
            rows.append(row | _answers(run, on) | _losses(run) | {"given": float(given)})
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


def span(values: Iterable[float], unit: str = "%") -> str:
    """ "91.2 % (90.5 to 92.0)": the mean of shares, the lowest and the highest; of none a dash."""
    shares = [100 * each for each in values]
    return range_text(shares, unit) if shares else "–"


def table(rows: pd.DataFrame, columns: Iterable[str] = tuple(COLUMNS)) -> Table:
    """A line for each arm: its name, and of each column the mean and the range of its seeds."""

    def text(some: pd.DataFrame, column: str) -> str:
        known = some[column].dropna()
        if known.empty:
            return "–"
        return range_text(known, "", ".2f") if column.startswith("loss") else span(known, "")

    lines = [
        [name, *(text(some, column) for column in columns)]
        for name, some in rows.groupby("name", sort=False)
    ]
    return Table(("Network", *(COLUMNS[each] for each in columns)), lines)
