"""Every published claim beside what the records hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mislabel_utils.recording.records import Record, Store
from mislabel_utils.report.origins import (
    TITLES,
    copies_note,
    groups,
    trained_on,
)
from mislabel_utils.report.published import CLAIMS, Claim
from mislabel_utils.report.tables import Table
from mislabel_utils.report.verdicts import Measured

COLUMNS = (
    "Claim",
    "Published",
    "Ours",
    "Does the phenomenon hold?",
    "One more run of ours, 95 %",
    "The published number is …",
)
Groups = dict[tuple[str, str], list[list[Record]]]


def measured(store: Store, claims: Sequence[str] = tuple(CLAIMS)) -> list[Measured]:
    """Each claim in order, once for each condition of ours, or once without values.

    Runs of several conditions, say on another copy of the data or in another precision, are never
    pooled.
    """
    return _measured_all(_by_arm(store), claims)


def scoreboard(store: Store, claims: Sequence[str] = tuple(CLAIMS)) -> Table:
    """The table of `measured`, and below it why runs on other data have rows of their own."""
    found = _by_arm(store)
    keys = [(CLAIMS[name].chapter, CLAIMS[name].arm) for name in claims]
    shown = [record for key in keys for group in found.get(key, []) for record in group]
    rows = [row.row() for row in _measured_all(found, claims)]
    return Table(COLUMNS, rows, "verdicts", copies_note(shown))


def _measured_all(found: Groups, claims: Sequence[str]) -> list[Measured]:
    rows: list[Measured] = []
    for claim in (CLAIMS[name] for name in claims):
        groups = found.get((claim.chapter, claim.arm), [])
        some = [each for group in groups if (each := _measured(claim, group, found)).values]
        rows += _told_apart(some) or [Measured(claim, [])]
    return rows


def _by_arm(store: Store) -> Groups:
    """Groups of one condition, by chapter and arm."""
    found: Groups = {}
    for group in groups(store):
        found.setdefault((group[0].chapter, group[0].arm), []).append(group)
    return found


def _measured(claim: Claim, group: Sequence[Record], found: Groups) -> Measured:
    metrics = [metric for record in group for metric in claim.measured(record)]
    if claim.less is not None:
        arm, metric = claim.less
        beside = _beside(claim, arm, group, found, same_recipe=True)
        other = {record.seed: record.metrics[metric] for record in beside}
        metrics = [
            claim.measured(record)[0] - other[record.seed]
            for record in group
            if record.seed in other
        ]
    controls = {}
    for name in claim.controls:
        beside = group if claim.where else _beside(claim, name, group, found)
        metric = name if claim.where else claim.metric
        controls[name] = claim.values(
            [each for record in beside for each in claim.measured(record, metric)]
        )
    return Measured(claim, claim.values(metrics), _data(claim, group[0]), controls)


def _beside(
    claim: Claim, arm: str, group: Sequence[Record], found: Groups, same_recipe: bool = False
) -> Sequence[Record]:
    """The runs of another arm on the same data; the condition with most runs, or none.

    A control may be another network's, as its claim says; what is subtracted may not.
    """
    first = group[0].config

    def fits(config: dict[str, Any]) -> bool:
        alike = not same_recipe or config["recipe"] == first["recipe"]
        return alike and trained_on(config) == trained_on(first)

    others = found.get((claim.chapter, arm), [])
    return next((each for each in others if fits(each[0].config)), [])


def _data(claim: Claim, record: Record) -> str:
    """What a number was measured on: the data trained on, and those of the test where others."""
    trained = trained_on(record.config)
    if trained is None:
        return claim.data
    tested = claim.metric.partition("/")[0]
    same = record.config["data"]["split"].rpartition("/")[0] == tested
    precision = record.config["recipe"].get("precision", "float32")
    return (
        trained
        + ("" if same else f", tested on {TITLES.get(tested, tested)}")
        + ("" if precision == "float32" else f", {precision} precision")
    )


def _told_apart(rows: Sequence[Measured]) -> list[Measured]:
    """Rows of one claim: where the data do not tell two conditions apart, say that they differ."""
    apart: list[Measured] = []
    for row in rows:
        others = sum(other.data.startswith(row.data) for other in apart)
        number = f" ({others})" if others > 1 else ""
        told = f"{row.data}, other settings{number}" if others else row.data
        apart.append(replace(row, data=told))
    return apart
