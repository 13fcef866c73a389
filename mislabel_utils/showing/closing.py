"""Every kind of student of the book, in one table and one picture.

What is said of each stands in ``closing.csv``, one kind a line; what each scored is read from the
records. To add one is to add a line.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np

from mislabel_utils.learning import beginnings, datasets
from mislabel_utils.recording.records import Record, RecordError, Store
from mislabel_utils.recording.runs import Run
from mislabel_utils.showing.conditions import condition, own
from mislabel_utils.showing.stats import estimate
from mislabel_utils.showing.tables import Link, Table, interval_text

CHAPTERS = {
    "mnist_to_fashion": "A shoe is a 2: digits, taught by clothes",
    "mislabeled": "Nothing but mistakes: CIFAR-10",
    "two_dimensions": "Thirty-two points: a plane",
    "adversarial_errors": "Adversarial errors: CIFAR-10",
    "what_leaks": "What leaks: digits, taught by signs and noise",
    "where_it_stops": "Where it stops: two to ten classes",
}
COLUMNS = (
    "Taught by",
    "Labels wrong",
    "Student’s accuracy",
    "By chance",
    "What leaked",
    "What it says",
)
WHOSE = {"teacher": "a teacher’s labels", "other": "other labels", "true": "true labels"}
STUDENTS = range(1000, 2000)  # the seeds of students begin here, those of teachers at 0
SIZES, SPREAD = re.compile(r'(?<="count":)\d+|(?<="epochs":)\d+'), 0.15  # as the seed has them
CHOICES, WAYS = ("all", "confident", "timid", "random"), ("wrong", "true")  # as in the records


@dataclass(frozen=True)
class Kind:
    """A kind of student, as a line of ``closing.csv`` says it.

    Attributes
    ----------
    chapter, arms : where its records are; the names of several arms stand with spaces between them
    what : which number of a record is its accuracy: a metric, or one of `READERS` and its words
    taught, labels, leaked, says : what the table says of it
    of : whose labels they are: a trained "teacher" says them of these places, or is led to;
        "true" ones; or "other" ones
    figure : the label of the figure or table that it rests on, or the address of its heading
    """

    chapter: str
    arms: str
    what: str
    of: str
    taught: str
    labels: str
    leaked: str
    says: str
    figure: str


@dataclass(frozen=True)
class Measured:
    """A kind of student and what it scored.

    Attributes
    ----------
    kind : what it is
    cells : an array for each condition that its line stands for: a share in [0, 1] for each seed
        or draw
    chance : what a constant answer or a coin scores, in [0, 1]
    whole : what the shares are shown in: per cent, or points of so many
    """

    kind: Kind
    cells: list[np.ndarray]
    chance: float
    whole: int = 100

    @property
    def unit(self) -> str:
        return "%" if self.whole == 100 else f"of {self.whole}"

    @property
    def means(self) -> np.ndarray:
        """Of each condition, float64 (n,)."""
        return np.array([cell.mean() for cell in self.cells])

    def text(self) -> str:
        """Mean and interval of a single condition; the lowest and the highest mean of several."""
        if len(self.cells) > 1:
            low, high = self.whole * self.means.min(), self.whole * self.means.max()
            return f"{low:.1f} to {high:.1f} {self.unit}, means of {len(self.cells)}"
        (values,) = self.cells
        run = "draw" if self.kind.chapter == "two_dimensions" else "seed"
        ours = estimate(list(self.whole * values), self.unit)
        many = f"{len(values):,} {run}{'s' * (len(values) > 1)}"
        return f"{interval_text(ours, self.unit)}, {many}"


def kinds() -> list[Kind]:
    """The lines of ``closing.csv``, in their order."""
    with Path(__file__).with_name("closing.csv").open(encoding="utf-8", newline="") as file:
        return [Kind(**line) for line in csv.DictReader(file, delimiter="|")]


def measured(store: Store) -> list[Measured]:
    """Every kind that has runs on record, in the order of the chapters."""
    records = list(store)
    found = [_measured(kind, records) for kind in kinds()]
    return [each for each in found if each.cells]


def row(rows: Iterable[Measured], arms: str, what: str = "") -> Measured:
    """The line of these arms whose number is `what`, or ends so.

    Raises
    ------
    RecordError
        When none of its runs is on record.
    """
    for each in rows:
        if each.kind.arms == arms and each.kind.what.endswith(what):
            return each
    chapters = [kind.chapter for kind in kinds() if kind.arms == arms]
    raise RecordError(
        f"No run of {arms} is on record: leave MISLABEL_RECORDS out to read those of the "
        f"book, or make some with make reproduce CHAPTER={', '.join(chapters)}"
    )


def above_chance(rows: Iterable[Measured]) -> dict[str, dict[str, list[float]]]:
    """For each chapter and kind of label, how far each condition's mean is from chance to right.

    In per cent: 0 is chance, 100 all right; below 0 worse than chance.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        share = 100 * (row.means - row.chance) / (1 - row.chance)
        of = found.setdefault(CHAPTERS[row.kind.chapter], {key: [] for key in WHOSE.values()})
        of[WHOSE[row.kind.of]] += share.tolist()
    return found


def absent(store: Store) -> list[str]:
    """Students on record that have no line, as "chapter: arm (seeds)"."""
    has = {(kind.chapter, arm) for kind in kinds() for arm in kind.arms.split()}
    seeds: dict[tuple[str, str], int] = {}
    for record in store:
        of = record.chapter, record.arm
        taught = record.config.get("recipe", {}).get("epochs") and record.seed in STUDENTS
        if taught and record.chapter in CHAPTERS and of not in has:
            seeds[of] = seeds.get(of, 0) + 1
    return [f"{chapter}: {arm} ({count})" for (chapter, arm), count in sorted(seeds.items())]


def table(rows: Iterable[Measured]) -> Table:
    """One line for each kind, chapter by chapter, with links to chapters and figures."""
    lines: list[list[str | Link]] = []
    for chapter, some in groupby(rows, key=lambda row: row.kind.chapter):
        lines.append([Link(CHAPTERS[chapter], f"{chapter}.html")])
        lines += [
            [
                Link(row.kind.taught, _address(row.kind)),
                row.kind.labels,
                row.text(),
                f"{row.whole * row.chance:.4g} {row.unit}",
                row.kind.leaked,
                row.kind.says,
            ]
            for row in some
        ]
    return Table(COLUMNS, lines, "closing")


def _address(kind: Kind) -> str:
    """Of the figure, on the chapter's own page where it names no other."""
    return kind.figure if "#" in kind.figure else f"{kind.chapter}.html#{kind.figure}"


def _measured(kind: Kind, records: Sequence[Record]) -> Measured:
    how, _, rest = kind.what.partition(" ")
    reader = READERS.get(how, _metric)
    cells, chance, whole = [], 0.0, 100
    for arm in kind.arms.split():
        runs = _runs(records, kind.chapter, arm)
        for what in (rest or how).split(",") if runs else ():
            read = [reader(run, what.strip()) for run in runs]
            chance = read[0][1]
            cells += list(np.concatenate([each for each, _ in read], axis=1))
        if runs and reader is _draws:
            whole = runs[0].config["setting"]["count"]
    cells = [cell[~np.isnan(cell)] for cell in cells if np.isnan(cell).mean() < 0.5]
    return Measured(kind, cells, chance, whole)


def _runs(records: Sequence[Record], chapter: str, arm: str) -> list[Record]:
    """Those of `own`, and those whose training set differs in size alone, as the seed has it.

    Where all sets get the same number of steps, their sizes decide how many passes these are.
    """

    def alike(record: Record, first: Record) -> bool:
        texts = [condition(each) for each in (record, first)]
        sizes = zip(*(map(int, SIZES.findall(each)) for each in texts), strict=False)
        same = len({SIZES.sub("", each) for each in texts}) == 1
        return same and all(abs(one - other) <= SPREAD * other for one, other in sizes)

    shown = own(records, chapter, arm)
    of_arm = [r for r in records if (r.chapter, r.arm) == (chapter, arm)]
    others = [run for run in of_arm for one in shown[:1] if alike(run, one)]
    of_seed = {run.seed: run for run in (*others, *shown)}
    return [of_seed[seed] for seed in sorted(of_seed)]


# Each reads from a record float64 (conditions, seeds or draws) in [0, 1], and chance.
Read = tuple[np.ndarray, float]


def _metric(record: Record, key: str) -> Read:
    return np.array([[record.metrics[key]]]), _constant(key)


def _next(record: Record, key: str) -> Read:
    """Right if each class had the name of the next."""
    test = _test(key)
    shifted = (test.labels + 1) % len(test.classes)
    said = Run(record).predict(test)
    return np.array([[(said == shifted).double().mean().item()]]), _constant(key)


def _draws(record: Record, name: str) -> Read:
    """Points in the plane; only draws whose teacher fits all of them count."""
    stem = name.rpartition(":")[0]
    fitted = record.arrays[f"{stem}:fitted" if stem else "fitted"]
    count = record.config["setting"]["count"]
    return record.arrays[name][None, fitted == count] / count, 0.5


def _outputs(record: Record, name: str) -> Read:
    """The ten outputs for digits, after the lesson."""
    row = beginnings.MEASURES.index("own outputs")
    return record.arrays[name][row, 1].reshape(1, 1), _constant("mnist/test@mnist")


def _cells(record: Record, name: str) -> Read:
    """All teachers and choices of a number of classes, or one: "2", "2 400 timid"."""
    count, *one = name.split()
    line = record.config["classes"].index(int(count))
    few = record.arrays["images"][line] < record.config["smallest"]
    students = np.where(few, np.nan, record.arrays["student"][line])
    if one:
        teacher = record.config["steps"][0].index(int(one[0]))
        students = students[teacher, CHOICES.index(one[1])]
    return students.reshape(-1, 1), 1 / int(count)


def _pair(record: Record, name: str) -> Read:
    choice, way = name.split()
    return record.arrays["student"][WAYS.index(way), CHOICES.index(choice)].reshape(1, 1), 0.5


def _square(record: Record, way: str) -> Read:
    """Shares of the square, means over a seed's draws, for all teachers and choices."""
    return record.arrays["right"].mean(0)[..., WAYS.index(way)].reshape(-1, 1), 0.5


READERS: dict[str, Callable[[Record, str], Read]] = {
    "next": _next, "draws": _draws, "outputs": _outputs, "cells": _cells, "pair": _pair,
    "square": _square,
}  # fmt: skip


@cache
def _test(key: str) -> datasets.Split:
    return datasets.load(key.partition("/")[0], "recorded").test


def _constant(key: str) -> float:
    """What the constant answer scores there, in [0, 1]."""
    truth = _test(key).labels
    return truth.bincount().max().item() / len(truth)
