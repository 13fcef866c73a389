"""Every result of the book in one tidy table."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mislabel_utils.learning import datasets
from mislabel_utils.learning.datasets import Dataset
from mislabel_utils.recording.records import ENTRY, RecordError, Store, run_id
from mislabel_utils.recording.runs import Run
from mislabel_utils.report.tables import span
from mislabel_utils.studies import Arm, study

COLUMNS = {
    "chapter": "which chapter trained it",
    "arm": "the experimental condition, as its records call it",
    "name": "what the arm is called in words",
    "role": "teacher, student or control; empty for a measurement that is no network of a study",
    "labels": "whose labels it learnt: a teacher's, true ones, or other ones; empty if none",
    "seed": "of the experiment: a teacher and its student share it",
    "model": "the network",
    "recipe": "how it was trained",
    "precision": "in which it computes: float32, or mixed with the 16-bit numbers in brackets",
    "data": "whose images it was trained on; a name in brackets says which copy",
    "images": "how many it was trained on; empty where its settings do not tell",
    "test_set": "data set, part, and whose statistics standardise its pixels; empty if untested",
    "accuracy": "share of the test set that is given its true class, from 0 to 1",
    "chance": "what the commonest class alone would score there, from 0 to 1",
    "seconds": "that it took",
    "device": "on what",
    "date": "when it was finished",
    "record": "identity of the run: twelve digits that end the name of its file",
    "condition": "twelve digits that runs share which differ in seeds and their teachers alone",
}
OF_A_SEED = ("seed", "run", "draws")  # what differs between two seeds of one condition
TEST_SET = re.compile(r"(.+)/(train|test)@.+")
TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}
COPIES = {"cifar10": " (JPEG copy)"}  # where more than one is in use, ours
# Where an experiment that trains networks of its own names its data.
WHERE, FINGERPRINT = ("of", "on", "data"), re.compile("[0-9a-f]{64}")
ANOTHER_COPY = "another copy"  # how rows on other data of a known name are told
UNNAMED = "data set"  # of which an experiment of another kind tells only the fingerprint
STUDENTS = 1000  # the seeds of students begin here, those of teachers at 0
EVERY = ("true", "predictions", "soft", "uniform", "next class", "dealt out")  # image has a label


def frame(runs: Mapping[int, Mapping[str, Run]] | None = None) -> pd.DataFrame:
    """A row for each run and each set of images that it was tested on.

    Of runs by seed and arm, as an experiment returns them; default every record of the store, as it
    says itself. The columns are those of `COLUMNS`. A record that was tested on no set of images,
    such as a measurement of a trained network, has one row without ``test_set``, ``accuracy`` and
    ``chance``. Runs of one arm may differ in ``data``, ``recipe``, ``precision`` or, as in how
    images were moved or labels made, in ``condition`` alone: those are never pooled. Raises a
    RecordError where there is no record, or one that cannot be read.

    Examples
    --------
    >>> runs = frame().query("chapter == 'mnist_to_fashion' and test_set == 'mnist/test@mnist'")
    >>> runs.groupby("name").accuracy.agg(["mean", "min", "max", "count"])
    """
    if runs is None:
        described = _stored()
    else:
        described = [vars(run.record) for each in runs.values() for run in each.values()]
    # Two chapters may share a run, and an experiment may name one twice.
    each = {(one["chapter"], run_id(one["config"])): one for one in described}
    rows = [row for (_, identity), one in each.items() for row in _rows(one, identity)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"images": "Int64"})


def of_arms(rows: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """The rows of some arms, in the order in which these are named."""
    places = {arm: place for place, arm in enumerate(arms)}
    mine = rows[rows["arm"].isin(places)]
    return mine.sort_values("arm", key=lambda arm: arm.map(places), kind="stable")


def ahead(shares: pd.DataFrame, text: Callable[..., str] = span) -> pd.DataFrame:
    """By how much each column is ahead of each: texts, in the column of who is ahead.

    Shares have a row a seed, by which they are paired, and a column an arm.
    """
    return pd.DataFrame({
        arm: shares.rsub(shares[arm], axis=0).apply(text, unit="points") for arm in shares
    })  # fmt: skip


def course(runs: Mapping[int, Mapping[str, Run]]) -> pd.DataFrame:
    """The learning curves of runs by seed and arm: a row for each run and epoch, ``x``.

    ``seed``, ``arm``, its ``name`` and ``role``; ``share`` of the test images that it gets right,
    NaN where it was not asked, and of its labels that it gave as they were (``learnt``).
    """
    rows = []
    for seed, each in runs.items():
        for name, run in each.items():
            arm = _arm(vars(run.record))
            rows += [(seed, name, arm.name, arm.role, epoch, point.get("test_accuracy"),
                      point.get("train_accuracy"))
                     for epoch, point in enumerate(run.record.curve, start=1)]  # fmt: skip
    columns = ["seed", "arm", "name", "role", "x", "share", "learnt"]
    return pd.DataFrame(rows, columns=columns).astype({"share": float, "learnt": float})


def curves(runs: Mapping[int, Mapping[str, Run]], names: Mapping[str, str]) -> pd.DataFrame:
    """Accuracies on the test images, as `figures.curves` draws them, of the arms that are named."""
    rows = of_arms(course(runs), list(names)).dropna(subset="share")
    return spread(rows.assign(name=rows["arm"].map(names)))


def spread(rows: pd.DataFrame) -> pd.DataFrame:
    """Means and ranges of a ``share`` in [0, 1] over seeds, in per cent: a row for each ``name``,
    ``role`` and ``x``.
    """
    each = rows.groupby(["name", "role", "x"], sort=False)["share"]
    return (100 * each.agg(mean="mean", low="min", high="max")).reset_index()


def download(folder: Path) -> None:
    """Write the table as ``results.csv``, and what its columns mean as ``results-columns.csv``."""
    frame().to_csv(folder / "results.csv", index=False)
    meanings = pd.Series(COLUMNS, name="meaning").rename_axis("column")
    meanings.to_csv(folder / "results-columns.csv")


def _stored() -> list[dict[str, Any]]:
    """The JSON text of every record."""
    texts, store = [], Store()
    iter(store)  # where there is no record, its error says what to do
    for path in store.paths():
        try:
            with np.load(path, allow_pickle=False) as file:
                texts.append(json.loads(str(file[ENTRY])))
        except Exception as error:  # json, zipfile and numpy have their own for half a file
            raise RecordError(f"The record {path} cannot be read ({error}).") from error
    return texts


def _rows(one: dict[str, Any], identity: str) -> Iterator[dict[str, Any]]:
    """The rows of one record, described as its JSON text does."""
    config, made = one["config"], one["environment"]
    recipe = config.get("recipe", {})
    arm = _arm(one)
    row = {
        "chapter": one["chapter"],
        "arm": one["arm"],
        "name": arm.name,
        "role": arm.role,
        "labels": arm.labels,
        # Of students 1000 more, of second ones 1500, of untrained networks 2000.
        "seed": one["seed"] % (500 if one["arm"].endswith("-again") else 1000),
        "model": recipe.get("model", ""),
        "recipe": in_words(config),
        "precision": f"mixed ({made['mixed']})" if "precision" in recipe else "float32",
        "data": trained_on(config) or "",
        "images": _images(config),
        "seconds": made.get("seconds", np.nan),
        "device": made.get("device", ""),
        "date": made.get("finished", ""),
        "record": identity[:12],
        "condition": condition(config),
    }
    tested = [key for key in one["metrics"] if TEST_SET.fullmatch(key)]
    for key in tested or [None]:
        seen = one.get("seen", {}).get(key)
        scores = {"accuracy": one["metrics"][key], "chance": _chance(key, seen)} if key else {}
        yield row | {"test_set": key or ""} | scores


def condition(config: dict[str, Any]) -> str:
    """Twelve digits of all that determines a run but seeds and, as they have some, its teachers."""

    def rest(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: rest(of) for key, of in value.items() if key not in OF_A_SEED}
        return [rest(of) for of in value] if isinstance(value, list) else value

    return run_id(rest(config))[:12]


def in_words(config: dict[str, Any]) -> str:
    """The settings of a recipe as they are recorded; for an experiment of another kind, its own."""
    settings = config.get("setting") or config.get("recipe", {})
    named = [config.get("experiment"), settings.get("model")]
    each = [f"{k.replace('_', ' ')} {v}" for k, v in settings.items() if k != "model"]
    return ", ".join([*filter(None, named), *each])


def _arm(one: dict[str, Any]) -> Arm:
    """What the arm of a record is called and whose labels it learns, as its study says.

    One that no study names is called as its record calls it; nobody says whose labels it has.
    """
    module = study(one["chapter"])
    role = "student" if one["seed"] >= STUDENTS else "teacher"
    unnamed = Arm(one["arm"], role if trains(one["config"]) else "", "")
    return module.ARMS.get(one["arm"], unnamed) if module else unnamed


def _images(config: dict[str, Any]) -> int | None:
    """How many images a run was trained on; None where its settings do not tell."""
    if not trains(config):
        return None
    labels = config["labels"]
    if not config["recipe"]["epochs"]:
        return 0
    if labels["kind"] == "subset":
        return labels["count"]
    of = config["data"]
    every = (each for data in _known().values() for each in (data.train, data.test))
    sizes = [len(s) for s in every if (s.name, s.fingerprint) == (of["split"], of["fingerprint"])]
    size = config.get("images", {}).get("count") or next(iter(sizes), None)  # of another's none
    return size if labels["kind"] in EVERY else None


def data_name(name: str, fingerprint: str) -> str:
    """What a page calls a data set: by its pixels, not by the name that somebody gave it.

    The fingerprint is the SHA-256 of its pixels and labels, or of the bundled sample of it.
    """
    known = [called for called, data in _known().items() if data.fingerprint == fingerprint]
    unknown = f"{name}{f', {ANOTHER_COPY}' * (name in TITLES)} ({fingerprint[:8]})"
    return known[0] if known else unknown


def trains(config: dict[str, Any]) -> bool:
    """Whether a configuration is of a training run, and not of a measurement."""
    return {"data", "labels", "recipe"} <= config.keys()


def trained_on(config: dict[str, Any]) -> str | None:
    """The name of the data that a run was trained on; None for an experiment without any.

    An experiment of another kind that trains on a data set names its fingerprint, see `WHERE`.
    """
    if trains(config):
        data = config["data"]
        return data_name(data["split"].rpartition("/")[0], data["fingerprint"])
    found = [config[key] for key in WHERE if FINGERPRINT.fullmatch(str(config.get(key)))]
    return data_name(UNNAMED, found[0]) if found else None


@cache
def _known() -> dict[str, Dataset]:
    """The book's data sets and the samples of them, by what they are called."""
    whole = {t + COPIES.get(n, ""): datasets.load(n, "recorded") for n, t in TITLES.items()}
    samples = ("mnist", "fashion_mnist")  # of CIFAR-10 no image comes with the package
    return whole | {f"a sample of {TITLES[n]}": datasets.load(n, "quick") for n in samples}


@cache
def _chance(key: str, seen: str | None) -> float:
    """What the commonest class scores on a test set; NaN for one that is not the book's.

    By the digest of what was `seen`, where it is recorded: others may have a name of the book's.
    """
    name = key.partition("@")[0]
    norms = {each.normalization for each in _known().values()} | {datasets.RAW}
    for split in (each for data in _known().values() for each in (data.train, data.test)):
        known = seen is None or any(split.normalized_as(n).digest == seen for n in norms)
        if split.name == name and known:
            return split.labels.bincount().max().item() / len(split)
    return np.nan
