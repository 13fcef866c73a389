"""Every published claim beside what the table of results has of it."""

from collections import defaultdict

import pandas as pd

from mislabel_utils.recording.records import Store
from mislabel_utils.report.origins import ANOTHER_COPY, TITLES
from mislabel_utils.report.published import CLAIMS, Claim
from mislabel_utils.report.results import condition
from mislabel_utils.report.tables import Table
from mislabel_utils.report.verdicts import Measured

COLUMNS = (
    "Claim",
    "Published",
    "Ours",
    "Does the phenomenon hold?",
    "One more run of ours, 95\u00a0%",
    "The published number is …",
)
CONDITION = ["data", "recipe", "precision"]  # in which runs agree that are compared


def measured(rows: pd.DataFrame) -> list[Measured]:
    """Each claim in order, once for each condition of ours, or once without values.

    Runs of several conditions, say on another copy of the data or in another precision, are never
    pooled. The book's own data come first, then the condition with most runs.

    Parameters
    ----------
    rows : as `results.frame`
    """
    found: list[Measured] = []
    for claim in CLAIMS.values():
        mine = _draws(claim) if claim.where else _of_runs(claim, rows)
        found += [each for each in mine if each.values] or [Measured(claim, [])]
    return found


def scoreboard(rows: list[Measured]) -> Table:
    """The table of what was `measured`."""
    return Table(COLUMNS, [row.row() for row in rows])


def _draws(claim: Claim) -> list[Measured]:
    """What the records have of the draws that count, a condition at a time."""
    name, value = claim.where
    paths = [path for path in Store().paths() if path.match(f"{claim.chapter}/{claim.arm}-s*")]
    groups = defaultdict(list)
    for record in map(Store().read, paths):
        groups[condition(record.config)].append(record.arrays)
    found: list[Measured] = []
    for arrays in sorted(groups.values(), key=len, reverse=True):
        drawn = {
            each: [count for some in arrays for count in some[each][some[name] == value].tolist()]
            for each in (claim.metric, *claim.controls)
        }
        told = claim.data + ", other settings" * bool(found)
        found.append(Measured(claim, drawn.pop(claim.metric), told, drawn))
    return found


def _of_runs(claim: Claim, rows: pd.DataFrame) -> list[Measured]:
    """A claim's runs, a condition at a time."""
    rows = rows[rows["chapter"] == claim.chapter]
    found: list[Measured] = []
    for (data, *_), some in _conditions(rows, claim.arm, claim.metric):
        if claim.less:
            less = [each for _, each in _conditions(rows, *claim.less)] or [rows[:0]]
            less = pd.concat(less).drop_duplicates(["seed", *CONDITION])
            some = some.merge(less, on=["seed", *CONDITION], suffixes=("", "_less"))
            some["accuracy"] -= some["accuracy_less"]
        controls = {}
        for name in claim.controls:  # on the same data; it may be another network's
            beside = _conditions(rows[rows["data"] == data], name, claim.metric)
            controls[name] = (100 * beside[0][1]["accuracy"]).tolist() if beside else []
        told = _told(claim, *some.iloc[0][CONDITION]) if len(some) else data
        others = sum(each.data.startswith(told) for each in found)
        told += ", other settings" * (others > 0) + f" ({others})" * (others > 1)
        found.append(Measured(claim, (100 * some["accuracy"]).tolist(), told, controls))
    return found


def _conditions(rows: pd.DataFrame, arm: str, test: str) -> list[tuple[tuple, pd.DataFrame]]:
    """The runs of an arm, by condition: labels, and how images were moved, belong to it."""
    mine = rows[(rows["arm"] == arm) & (rows["test_set"] == test)].sort_values("seed")
    groups = list(mine.groupby([*CONDITION, "condition"], sort=False))
    return sorted(groups, key=lambda each: (ANOTHER_COPY in each[0][0], -len(each[1])))


def _told(claim: Claim, data: str, _: str, precision: str) -> str:
    """What a number was measured on: the data trained on, and those of the test where others."""
    tested = claim.metric.partition("/")[0]
    title = TITLES.get(tested, tested)
    same = data.removeprefix("a sample of ").startswith((title, tested))
    other = "" if same else f", tested on {title}"
    return data + other + f", {precision.split()[0]} precision" * (precision != "float32")
