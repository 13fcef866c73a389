"""Every experimental condition of the book: whose labels, and how far from chance to all right.

Networks that are recorded one by one come from `results.frame`. Those of which a record holds
hundreds, such as students in the plane, come from the tables of their chapters.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mislabel_utils.lab import Lab
from mislabel_utils.plane.experiment import Setting
from mislabel_utils.report import choices, plane, results
from mislabel_utils.report.verdicts import FEWEST
from mislabel_utils.studies import two_dimensions, where_it_stops

CHAPTERS = {
    "mnist_to_fashion": "A shoe is a 2",
    "mislabeled": "Nothing but mistakes",
    "mislabeled_readings": "Nothing but mistakes",
    "two_dimensions": "Thirty-two points",
    "adversarial_errors": "Adversarial errors",
    "two_cues": "Two cues",
    "two_cues_knobs": "Two cues",
    "published_scale": "Two cues",
    "what_leaks": "What leaks",
    "where_it_stops": "Where it stops",
    "corrections": "Missing controls",
}
WHOSE = {"teacher": "a teacher's labels", "true": "true labels", "other": "other labels"}
# Of several test sets of a network the first: digits, where a teacher read them.
TESTS = ("mnist/test@mnist", "mnist/test@raw", "mnist/test@fashion_mnist", "cifar10/test@cifar10",
         "fashion_mnist/test@fashion_mnist")  # fmt: skip
ROW = ["chapter", "name", "labels", "seed", "accuracy", "chance"]
STOPPED = {
    "kept": "where the attack left them, radius",
    "border": "on the first border, radius",
    "region": "where its region is surest, radius",
    "common": "those of radius 0.12 alone, radius",
    "depth": "beyond the first border by",
}
TITLES = {"Fashion-MNIST": "clothes", "CIFAR-10": "photographs"}

# Rules by which a condition teaches: from the rows of one condition, their share from chance (0) to
# all right (1), to yes or no.
RULES = {
    "the mean is above chance": lambda share: share.mean() > 0,
    "every seed or draw is above chance": lambda share: share.min() > 0,
    "the mean is more than a tenth of the way": lambda share: share.mean() > 0.1,
}


def conditions() -> pd.DataFrame:
    """A row for each condition and seed, in the plane for each draw.

    Left out are teachers, conditions of fewer than `FEWEST` seeds, and lessons without labels:
    idle outputs that nobody trained name no class.

    Columns: ``chapter``; ``name``, the condition in words; ``labels``, whose they are, a key of
    `WHOSE`; ``seed`` (or draw); ``accuracy`` and ``chance``, shares of real test images that get
    their true class, in the plane of the original points; ``share``, how far from chance (0) to all
    right (1).
    """
    rows = results.frame()
    of_networks = rows[rows["chapter"].isin(CHAPTERS) & rows["role"].isin(["student", "control"])
                       & rows["labels"].isin(WHOSE) & rows["test_set"].isin(TESTS)
                       & ~rows["data"].str.contains(results.ANOTHER_COPY)]  # fmt: skip
    of_networks = of_networks.sort_values(
        "test_set", kind="stable", key=lambda names: names.map(TESTS.index)
    ).drop_duplicates("record")
    many = {"two_dimensions": _of_points(), "where_it_stops": _of_choices()}
    several = [part.assign(chapter=chapter) for chapter, parts in many.items() for part in parts]
    several = [part.rename(columns={"student": "accuracy"})[ROW] for part in several]
    every = pd.concat([of_networks.sort_index()[ROW], *several])
    every["chapter"] = every["chapter"].map(CHAPTERS)
    every["share"] = (every["accuracy"] - every["chance"]) / (1 - every["chance"])
    enough = every.groupby(["chapter", "name"])["seed"].transform("count") >= FEWEST
    place = every["chapter"].map(list(CHAPTERS.values()).index)
    return every[enough].iloc[np.argsort(place[enough], kind="stable")].reset_index(drop=True)


def teaching(rows: pd.DataFrame) -> pd.DataFrame:
    """How many conditions teach, by whose labels (index) and by rule (columns), and of how many."""
    each = rows.groupby(["labels", "chapter", "name"])["share"]
    teach = pd.DataFrame({rule: each.apply(says) for rule, says in RULES.items()})
    by_whose = teach.groupby("labels")
    counts = by_whose.sum().assign(conditions=by_whose.size())
    return counts.reindex(WHOSE).fillna(0).astype(int)


def _of_choices() -> Iterator[pd.DataFrame]:
    """The students of *Where it stops*."""
    lab = Lab("where_it_stops", scale="recorded")
    found = {seed: where_it_stops.experiment(lab, seed) for seed in where_it_stops.SEEDS}
    cells = choices.cells(found, where_it_stops.Protocol("recorded")).dropna(subset="gain")
    data, classes = cells["data"].map(TITLES), cells["classes"].astype(str)
    whole = data + ", " + classes + " classes, teacher of " + cells["steps"].astype(str) + " steps"
    yield cells.assign(name=whole + ", " + cells["choice"] + " mistakes", labels="teacher")
    by = ["labels", "steps", "choice", "seed"]
    squares = choices.squares(found).groupby(by)["right"].mean().rename("student").reset_index()
    teachers = "plane, teacher of " + squares["steps"].astype(str) + " steps"
    for rows, what in ((choices.pairs(found), "cats and dogs"), (squares, teachers)):
        labels = rows["labels"].map({"wrong": "teacher", "true": "true"})
        name = what + ", " + rows["choice"] + " mistakes, " + labels.map(WHOSE)
        yield rows.assign(name=name, labels=labels, chance=0.5)
    corrected = Lab("corrections", scale="recorded")
    trios = choices.trios(corrected, where_it_stops.Protocol("recorded"))
    whole = trios["data"].map(TITLES) + ", 10 classes, teacher of " + trios["steps"].astype(str)
    for labels, what in {"deranged": "permuted", "uniform": "random wrong"}.items():
        name = whole + f" steps, a random fifth of the mistakes, {what} labels"
        yield trios.assign(name=name, labels="other", student=trios[labels], chance=0.1)


def _of_points() -> Iterator[pd.DataFrame]:
    """The students of *Thirty-two points*; draws count whose teacher fits all of its points."""
    lab, protocol = Lab("two_dimensions", scale="recorded"), two_dimensions.Protocol("recorded")
    usual = {f"width-{width}": Setting(width=width) for width in two_dimensions.COMPARED}
    settings = protocol.settings() | usual
    rows = plane.frame({s: two_dimensions.experiment(lab, s) for s in two_dimensions.SEEDS})
    for (arm, network), some in rows.groupby(["arm", "network"], sort=False):
        way, _, value = arm.partition("-")
        how = Setting() if way in STOPPED else settings.get(arm, Setting(epsilon=0))
        whole = f"{how.count} points, width {how.width}"
        each = "points moved across a border" if how.flipped_only else "all attacked points"
        names = {
            "student": f"{each}, radius {how.epsilon:g}, {whole}",
            "coins": f"moved points, coins for labels, {whole}",
            "unmoved": f"unmoved points, labels flipped, {whole}",
        }
        if way in STOPPED:
            names["student"] = f"moved points, {STOPPED[way]} {value}"
        if how.epsilon and network in names:  # without a radius nothing is moved
            yield some[some["fitted"] == how.count].assign(
                name=names[network], labels="teacher" if network == "student" else "other",
                seed=some["draw"], student=some["right"] / how.count, chance=0.5,
            )  # fmt: skip
