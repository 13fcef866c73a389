"""The feed of records: which runs the book rests on, and how and where each was made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from mislabel_utils.recording.records import Record, Store
from mislabel_utils.showing import conditions
from mislabel_utils.showing.tables import Table

UNKNOWN = "–"  # of a record from before it was written down


def chapters(store: Store) -> dict[str, list[list[Record]]]:
    """The records of each chapter, those of one arm and one condition together."""
    found: dict[str, list[list[Record]]] = {}
    for group in conditions.groups(store):
        found.setdefault(group[0].chapter, []).append(group)
    return found


def summary(arms: Sequence[Sequence[Record]]) -> Table:
    """One row an arm and condition: seeds, recipe, data, minutes, machine, version of PyTorch."""
    names = {record.id: record.arm for records in arms for record in records}
    return Table(
        ["Arm", "Seeds", "Recipe", "Trained on", "Minutes a run", "Machine", "PyTorch"],
        [
            [
                records[0].arm,
                ranges([record.seed for record in records]),
                recipe(records[0].config),
                trained_on(records[0].config, names),
                minutes(records),
                values(records, machine),
                values(records, lambda record: record.environment.get("torch", UNKNOWN)),
            ]
            for records in arms
        ],
        "feed",
        conditions.copies_note(record for records in arms for record in records),
    )


class Details:
    """Every record of the arms, folded away: configuration, run, time, machine, versions."""

    def __init__(self, arms: Sequence[Sequence[Record]]) -> None:
        self.arms = arms

    def __repr__(self) -> str:
        return "\n".join(record.stem for records in self.arms for record in records)

    def _repr_html_(self) -> str:
        return "".join(map(_fold, self.arms))


def ranges(seeds: Sequence[int]) -> str:
    """[0, 1, 2, 7] to "0–2, 7"."""
    parts = []
    for _, run in groupby(enumerate(sorted(set(seeds))), lambda pair: pair[1] - pair[0]):
        numbers = [seed for _, seed in run]
        parts.append(str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}")
    return ", ".join(parts)


def recipe(config: dict[str, Any]) -> str:
    """What was done, in words; for an experiment of another kind, its settings."""
    steps = config.get("recipe", {})
    if "epochs" not in steps:
        settings = config.get("setting") or steps
        name = config.get("experiment", "")
        return ", ".join([name] * bool(name) + [f"{k} {v}" for k, v in settings.items()])
    if steps["epochs"] == 0:
        return f"{steps['model']}, not trained"
    epochs = "1 epoch" if steps["epochs"] == 1 else f"{steps['epochs']} epochs"
    moved = "flipped and shifted" if steps.get("flip", True) else "shifted"
    augmented = f", {moved}" if steps["augment"] else ""
    precision = f", {steps['precision']} precision" if "precision" in steps else ""
    course = {"fall": " falling to zero", "constant": " throughout"}.get(steps.get("schedule"), "")
    adam = ", Adam" if steps.get("optimizer") == "adam" else ""
    return (
        f"{steps['model']}, {epochs}, batches of {steps['batch_size']}{adam}, "
        f"rate {steps['learning_rate']:g}{course}{augmented}{precision}"
    )


def trained_on(config: dict[str, Any], arms: Mapping[str, str]) -> str:
    """The data, and whose labels they carry; of made images, what they are.

    An experiment of another kind may have measured a run, which is named, or have trained networks
    of its own on a data set.

    Parameters
    ----------
    arms : by identity, those of the runs that may have been measured
    """
    if not conditions.trains(config) and "run" in config:
        return f"nothing: measures {arms.get(config['run'], 'a run')}"
    name = conditions.trained_on(config)
    if name is None:
        return "no data set"
    if not conditions.trains(config):  # no training run: a measurement of several networks, say
        return name
    made = config.get("images", {}).get("kind")
    shown = f"{made} images in place of {name}" if made else name
    return f"{shown}, labels: {labels(config['labels'])}"


def labels(source: dict[str, Any]) -> str:
    """How labels were made, such as "shuffled (predictions)" or "subset of 1,000 (mistakes)"."""
    kind = str(source.get("kind", UNKNOWN))
    if "count" in source:
        kind += f" of {source['count']:,}"
    return f"{kind} ({labels(source['of'])})" if "of" in source else kind


def minutes(records: Sequence[Record]) -> str:
    """The shortest and the longest run."""
    known = [r.environment["seconds"] / 60 for r in records if "seconds" in r.environment]
    if not known:
        return UNKNOWN
    low, high = (f"{value:.1f}" for value in (min(known), max(known)))
    return low if low == high else f"{low}–{high}"


def hours(records: Sequence[Record]) -> float:
    """Wall time of all runs together."""
    return sum(record.environment.get("seconds", 0) for record in records) / 3600


def machine(record: Record) -> str:
    """Processor or GPU, and threads."""
    device, threads = (record.environment.get(key) for key in ("device", "threads"))
    count = f"{threads} thread{'s' * (threads != 1)}" if threads else ""
    return ", ".join(filter(None, (device, count))) or UNKNOWN


def values(records: Sequence[Record], of) -> str:
    """What the records have to say, each thing once."""
    return "; ".join(sorted({of(record) for record in records}))


def _fold(records: Sequence[Record]) -> str:
    """One arm: its runs in a table, what they share, and the whole configuration of the first."""
    first = records[0]
    columns = {
        "Seed": [str(record.seed) for record in records],
        "Run": [record.id[:12] for record in records],
        "Minutes": [minutes([record]) for record in records],
        "Finished": [record.environment.get("finished", UNKNOWN) for record in records],
    }
    shared = []
    for name, of in MADE.items():
        found = [of(record) for record in records]
        if len(set(found)) == 1:
            shared.append(f"{name}: {found[0]}")
        else:
            columns[name] = found
    config = escape(json.dumps(first.config, sort_keys=True, indent=1))
    runs = "1 run" if len(records) == 1 else f"{len(records)} runs"
    return (
        f"<details><summary>{escape(first.arm)}: {runs}</summary>"
        f"{Table(list(columns), list(zip(*columns.values(), strict=True)))._repr_html_()}"
        + (f"<p>{escape('. '.join(shared))}.</p>" if shared else "")
        + f"<p>Configuration of seed {first.seed}:</p><pre>{config}</pre></details>"
    )


# How and where a run was made: a column where the runs of an arm differ, else said once.
MADE: dict[str, Callable[[Record], str]] = {
    "Machine": machine,
    "PyTorch": lambda record: record.environment.get("torch", UNKNOWN),
    "Python": lambda record: record.environment.get("python", UNKNOWN),
}
