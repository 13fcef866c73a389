"""Every published claim beside what the table of results has of it."""

from collections import defaultdict

import pandas as pd

from mislabel_utils.recording.records import Store
from mislabel_utils.report.published import CLAIMS, Claim
from mislabel_utils.report.results import ANOTHER_COPY, TITLES, condition
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
    """Each claim in order, with ours of one condition, from rows as `results.frame` has them.

    Runs of several, say on another copy of the data or in another precision, are never pooled: the
    board has the book's own data where it can, and the condition with most runs.
    """
    return [_draws(each) if each.where else _of_runs(each, rows) for each in CLAIMS.values()]


def scoreboard(rows: list[Measured]) -> Table:
    """The table of what was `measured`."""
    return Table(COLUMNS, [row.row() for row in rows])


def _draws(claim: Claim) -> Measured:
    """What the records have of the draws that count."""
    name, value = claim.where
    paths = [path for path in Store().paths() if path.match(f"{claim.chapter}/{claim.arm}-s*")]
    groups = defaultdict(list)
    for record in map(Store().read, paths):
        groups[condition(record.config)].append(record.arrays)
    arrays = max(groups.values(), key=len, default=[])
    drawn = {
        each: [count for some in arrays for count in some[each][some[name] == value].tolist()]
        for each in (claim.metric, *claim.controls)
    }
    return Measured(claim, drawn.pop(claim.metric), claim.data, drawn)


def _of_runs(claim: Claim, rows: pd.DataFrame) -> Measured:
    """A claim's runs, and on the same data its controls."""
    rows = rows[rows["chapter"] == claim.chapter]
    some = _condition(rows, claim.arm, claim.metric)
    if claim.less:
        # On the same data, in the same way; it may be another network's.
        alike = rows.merge(some[CONDITION].drop_duplicates())
        less = _condition(alike, *claim.less)
        some = some.merge(less, on="seed", suffixes=("", "_less"))
        some["accuracy"] -= some["accuracy_less"]
    if some.empty:
        return Measured(claim, [])
    data, _, precision = some.iloc[0][CONDITION]
    beside = rows[rows["data"] == data]
    controls = {name: _condition(beside, name, claim.metric) for name in claim.controls}
    percent = {name: (100 * each["accuracy"]).tolist() for name, each in controls.items()}
    tested = claim.metric.partition("/")[0]
    title, trained = TITLES.get(tested, tested), data.removeprefix("a sample of ")
    other = "" if trained.startswith((title, tested)) else f", tested on {title}"
    told = data + other + f", {precision.split()[0]} precision" * (precision != "float32")
    return Measured(claim, (100 * some["accuracy"]).tolist(), told, percent)


def _condition(rows: pd.DataFrame, arm: str, test: str) -> pd.DataFrame:
    """The runs of an arm in one condition: labels, and how images were moved, belong to it."""
    mine = rows[(rows["arm"] == arm) & (rows["test_set"] == test)].sort_values("seed")
    groups = [some for _, some in mine.groupby([*CONDITION, "condition"], sort=False)]
    own = [some for some in groups if ANOTHER_COPY not in some["data"].iloc[0]]
    return max(own or groups, key=len, default=mine)
