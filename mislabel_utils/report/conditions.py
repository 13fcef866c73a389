"""Every experimental condition of the book: whose labels, and how far from chance to all right.

Networks that are recorded one by one come from `results.frame`. Those of which a record holds
hundreds, such as students in the plane, are read here from its arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from mislabel_utils.recording.records import Record, Store
from mislabel_utils.report import results

CHAPTERS = {
    "mnist_to_fashion": "A shoe is a 2",
    "mislabeled": "Nothing but mistakes",
    "two_dimensions": "Thirty-two points",
    "adversarial_errors": "Adversarial errors",
    "two_cues": "Two cues",
    "two_cues_knobs": "Two cues",
    "what_leaks": "What leaks",
    "where_it_stops": "Where it stops",
    "corrections": "Further controls",
}
WHOSE = {"teacher": "a teacher's labels", "true": "true labels", "other": "other labels"}
MEASURED = ("two_dimensions", "where_it_stops")  # chapters whose records hold many students each
# Of several test sets of a network the first: digits, where a teacher read them.
TESTS = ("mnist/test@mnist", "mnist/test@raw", "mnist/test@fashion_mnist", "cifar10/test@cifar10",
         "fashion_mnist/test@fashion_mnist")  # fmt: skip
FEWEST = 3  # seeds or draws that make a condition
ROW = ["chapter", "name", "labels", "seed", "accuracy", "chance"]
CHOICES = ("all", "confident", "timid", "random")  # of mistakes, as the records have them
WAYS = (("teacher", 0), ("true", 1))
STOPPED = {
    "kept": "where the attack left them, radius",
    "border": "on the first border, radius",
    "region": "where its region is surest, radius",
    "common": "those of radius 0.12 alone, radius",
    "depth": "beyond the first border by",
}
TITLES = {"fashion_mnist": "clothes", "cifar10": "photographs"}

# Rules by which a condition teaches: from the rows of one condition, their share from chance (0) to
# all right (1), to yes or no.
RULES = {
    "the mean is above chance": lambda share: share.mean() > 0,
    "every seed or draw is above chance": lambda share: share.min() > 0,
    "the mean is more than a tenth of the way": lambda share: share.mean() > 0.1,
}
Row = tuple[str, str, int, float, float]


def conditions() -> pd.DataFrame:
    """A row for each condition and seed, in the plane for each draw.

    Left out are teachers, conditions of fewer than `FEWEST` seeds, and lessons without labels:
    idle outputs that nobody trained name no class.

    Returns
    -------
    ``chapter``; ``name``, the condition in words; ``labels``, whose they are, a key of `WHOSE`;
    ``seed`` (or draw); ``accuracy`` and ``chance``, shares of real test images that get their true
    class, in the plane of the original points; ``share``, how far from chance (0) to all right (1).

    Raises
    ------
    RecordError
        Where there is no record.
    """
    store = Store()
    iter(store)  # where there is no record, its error says what to do
    rows = results.frame()
    of_networks = rows[rows["chapter"].isin(CHAPTERS) & rows["role"].isin(["student", "control"])
                       & rows["labels"].isin(WHOSE) & rows["test_set"].isin(TESTS)]  # fmt: skip
    of_networks = of_networks.sort_values(
        "test_set", kind="stable", key=lambda names: names.map(TESTS.index)
    ).drop_duplicates("record")
    several = [path for path in store.paths() if path.parent.name in MEASURED]
    found = [(path.parent.name, *row) for path in several for row in _measured(store.read(path))]
    every = pd.concat([of_networks.sort_index()[ROW], pd.DataFrame(found, columns=ROW)])
    every["chapter"] = every["chapter"].map(CHAPTERS)
    every["share"] = (every["accuracy"] - every["chance"]) / (1 - every["chance"])
    enough = every.groupby(["chapter", "name"])["seed"].transform("count") >= FEWEST
    place = every["chapter"].map(list(CHAPTERS.values()).index)
    return every[enough].iloc[np.argsort(place[enough], kind="stable")].reset_index(drop=True)


def teaching(rows: pd.DataFrame) -> pd.DataFrame:
    """How many conditions teach, by whose labels (index) and by rule (columns), and of how many."""
    each = rows.groupby(["labels", "chapter", "name"])["share"]
    teach = pd.DataFrame({rule: each.apply(said) for rule, said in RULES.items()})
    by_whose = teach.groupby("labels")
    counts = by_whose.sum().assign(conditions=by_whose.size())
    return counts.reindex(WHOSE).fillna(0).astype(int)


def _measured(record: Record) -> Iterator[Row]:
    """The students of a record that holds many."""
    arm, arrays, seed = record.arm, record.arrays, record.seed
    if record.chapter == "two_dimensions" and (arm == "stops" or "fitted" in arrays):
        yield from _points(record)
    elif arm == "pair":
        for (labels, way), (column, choice) in product(WAYS, enumerate(CHOICES)):
            right = arrays["student"][way, column]
            yield f"cats and dogs, {choice} mistakes, {WHOSE[labels]}", labels, seed, right, 0.5
    elif arm.startswith("sweep-"):
        yield from _cells(record)
    elif arm == "mistakes-in-the-plane":
        teachers = record.config["steps"][0]
        for (labels, way), (line, steps), (column, choice) in product(
            WAYS, enumerate(teachers), enumerate(CHOICES[:3])
        ):
            right = arrays["right"][:, line, column, way].mean()
            name = f"plane, teacher of {steps} steps, {choice} mistakes, {WHOSE[labels]}"
            yield name, labels, seed, right, 0.5


def _points(record: Record) -> Iterator[Row]:
    """Students of moved points; only draws count whose teacher fits all of its points."""
    arrays, setting = record.arrays, record.config["setting"]
    count, radius, width = setting["count"], setting["epsilon"], setting["width"]
    if not radius:  # nothing is moved, so there is no example, or the points themselves
        return
    each = "points moved across a border" if setting["flipped_only"] else "all attacked points"
    whole = f"{count} points, width {width}"
    names = {
        "right": (f"{each}, radius {radius:g}, {whole}", "teacher"),
        "random_right": (f"moved points, coins for labels, {whole}", "other"),
        "control_right": (f"unmoved points, labels flipped, {whole}", "other"),
    }
    for way, words in STOPPED.items():
        for key in arrays:
            if key.startswith(f"{way}-") and key.endswith(":right"):
                names[key] = f"moved points, {words} {key[len(way) + 1 : -6]}", "teacher"
    for key, (name, labels) in names.items():
        if key in arrays:
            fitted = arrays[f"{key[:-5]}fitted" if ":" in key else "fitted"] == count
            first = record.config["draws"][0]
            for draw, right in enumerate(arrays[key]):
                if fitted[draw]:
                    yield name, labels, first + draw, right / count, 0.5


def _cells(record: Record) -> Iterator[Row]:
    """Students of photographs or clothes, where there were mistakes enough."""
    data, setting = TITLES[record.arm.removeprefix("sweep-")], record.config
    for (row, count), (line, steps), (column, choice) in product(
        enumerate(setting["classes"]), enumerate(setting["steps"][0]), enumerate(CHOICES)
    ):
        if record.arrays["images"][row, line, column] >= setting["smallest"]:
            name = f"{data}, {count} classes, teacher of {steps} steps, {choice} mistakes"
            right = record.arrays["student"][row, line, column]
            yield name, "teacher", record.seed, right, 1 / count
