"""The published claims as data, and the tables that set our measurements beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mislabel_utils.recording.records import Record, Store
from mislabel_utils.showing.conditions import (
    TITLES,
    copies_note,
    finished,
    groups,
    trained_on,
)
from mislabel_utils.showing.stats import Estimate, estimate
from mislabel_utils.showing.tables import Table, interval_text, number_text

WALLACE = "https://distill.pub/2019/advex-bugs-discussion/response-6/"
ILYAS = "https://arxiv.org/abs/1905.02175"


@dataclass(frozen=True)
class Claim:
    """One published number, from one run.

    Attributes
    ----------
    statement : what was measured
    published : the number, in `unit`
    unit : "%", or what is counted
    source : address of the publication
    chapter, arm, metric : where our records hold the same measurement, see `records.Record`
    factor, offset : from that metric to `unit`: factor x metric + offset
    where : for records of many draws, whose `metric` is an array with a value for each: the name
        of another array, and the value it has for the draws that count
    data : what it was measured on, where that is no data set
    """

    statement: str
    published: float
    unit: str
    source: str
    chapter: str
    arm: str
    metric: str
    factor: float = 100.0
    offset: float = 0.0
    where: tuple[str, int] | None = None
    data: str = "–"

    def measured(self, record: Record) -> list[float]:
        """What a record holds of this metric: one number, one for each draw, or none."""
        if self.where is None:
            return [record.metrics[self.metric]] if self.metric in record.metrics else []
        if self.metric not in record.arrays:
            return []
        name, value = self.where
        return record.arrays[self.metric][record.arrays[name] == value].tolist()

    def values(self, metrics: Sequence[float]) -> list[float]:
        """Metrics in the unit of the claim."""
        return [self.factor * metric + self.offset for metric in metrics]


CLAIMS = {
    "cifar-teacher-train": Claim(
        "ResNet-18 after 2 epochs on CIFAR-10: training accuracy",
        62.5, "%", WALLACE, "mislabeled", "teacher", "cifar10/train@cifar10",
    ),
    "cifar-teacher-test": Claim(
        "… its test accuracy",
        63.1, "%", WALLACE, "mislabeled", "teacher", "cifar10/test@cifar10",
    ),
    "cifar-mistakes": Claim(
        "… training images it gets wrong",
        18_768, "images", WALLACE, "mislabeled", "teacher", "cifar10/train@cifar10",
        factor=-50_000, offset=50_000,
    ),
    "cifar-student": Claim(
        "A new ResNet-18 after 50 epochs on those mistakes alone: test accuracy",
        49.7, "%", WALLACE, "mislabeled", "student", "cifar10/test@cifar10",
    ),
    "plane-student": Claim(
        "In the plane, a student of adversarial points: originals right, of 32",
        23, "of 32", WALLACE, "two_dimensions", "width-64", "right",
        factor=1, where=("fitted", 32), data="random points",
    ),
    "mnist-teacher": Claim(
        "CNN on MNIST: test accuracy",
        99.1, "%", WALLACE, "mnist_to_fashion", "teacher", "mnist/test@mnist",
    ),
    "mnist-student-own": Claim(
        "A new CNN on the clothes the first took for digits: MNIST test accuracy",
        91.04, "%", WALLACE, "mnist_to_fashion", "student-own", "mnist/test@mnist",
    ),
    "mnist-student-mnist": Claim(
        "… the clothes normalised with MNIST's mean and variance",
        94.5, "%", WALLACE, "mnist_to_fashion", "student-mnist", "mnist/test@mnist",
    ),
    "ilyas-rand": Claim(
        "CIFAR-10, adversarial images labelled with a random target (D_rand): test accuracy",
        63.3, "%", ILYAS, "adversarial", "student-rand", "cifar10/test@cifar10",
    ),
    "ilyas-det": Claim(
        "CIFAR-10, adversarial images labelled with the next class (D_det): test accuracy",
        43.7, "%", ILYAS, "adversarial", "student-det", "cifar10/test@cifar10",
    ),
}  # fmt: skip


def verdict(published: float, ours: Estimate) -> str:
    """One word for how a published number and ours compare; fixed before any full result was seen.

    The published number is one run. "reproduced": it lies where one more of our runs would fall
    with a probability of 95 %. "exceeded" and "not reproduced": it lies below, or above, that.
    """
    if ours.seeds < 3:
        return "too few seeds"
    if published < ours.next_low:
        return "exceeded"
    return "not reproduced" if published > ours.next_high else "reproduced"


def verdicts(metrics: Mapping[str, Sequence[float]], scale: str, data: str) -> Table:
    """The verdict table that ends a chapter.

    Parameters
    ----------
    metrics : by name in `CLAIMS`, the metric of each seed, such as `PerSeed.numbers`
    scale : of the lab; only recorded and full runs are judged
    data : what they were measured on, see `conditions.measured_on`
    """
    rows = []
    for name, values in metrics.items():
        claim = CLAIMS[name]
        ours = estimate(claim.values(values))
        judged = verdict(claim.published, ours) if scale != "quick" else "not judged: quick run"
        rows.append(_row(claim, ours, data, judged))
    return Table(COLUMNS, rows, "verdicts")


def scoreboard(store: Store) -> Table:
    """Every published claim beside what the records hold, one row for each condition.

    Runs of several conditions, say on another copy of the data or in another precision, are never
    pooled; runs that are to go on are left out.
    """
    records = [record for record in store if finished(record)]
    found: dict[tuple[str, str], list[list[Record]]] = {}
    for group in groups(records):
        found.setdefault((group[0].chapter, group[0].arm), []).append(group)
    rows, shown = [], []
    for claim in CLAIMS.values():
        measured = []
        for group in found.get((claim.chapter, claim.arm), []):
            metrics = [metric for record in group for metric in claim.measured(record)]
            if metrics:
                ours = estimate(claim.values(metrics))
                judged = verdict(claim.published, ours)
                measured.append(_row(claim, ours, _data(claim, group[0]), judged))
                shown += group
        rows += _told_apart(measured) or [
            [claim.statement, number_text(claim.published, claim.unit), "–", "0", "–",
             claim.source, "not yet measured"]
        ]  # fmt: skip
    return Table(COLUMNS, rows, "verdicts", copies_note(shown))


COLUMNS = ("Claim", "Published", "Ours, mean [95 % interval]", "Seeds", "Data", "Source", "Verdict")


def _row(claim: Claim, ours: Estimate, data: str, judged: str) -> list[str]:
    published = number_text(claim.published, claim.unit)
    measured = interval_text(ours, claim.unit)
    return [claim.statement, published, measured, str(ours.seeds), data, claim.source, judged]


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


def _told_apart(rows: list[list[str]]) -> list[list[str]]:
    """Rows of one claim: where the data do not tell two conditions apart, say that they differ."""
    place, seen = COLUMNS.index("Data"), set()
    for row in rows:
        if row[place] in seen:
            row[place] += ", other settings"
        seen.add(row[place])
    return rows
