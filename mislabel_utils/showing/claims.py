"""The published claims as data, and the tables that set our measurements beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from mislabel_utils.recording.records import Record, Store
from mislabel_utils.showing.stats import Estimate, estimate

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
        factor=1, where=("fitted", 32),
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


class Table:
    """Rows of text that show as an HTML table in a page and as lines in a terminal."""

    def __init__(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], kind: str = ""
    ) -> None:
        self.columns, self.rows, self.kind = columns, rows, kind

    def __repr__(self) -> str:
        return "\n".join(" | ".join(row) for row in (self.columns, *self.rows))

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(column)}</th>' for column in self.columns)
        body = "".join(f"<tr>{''.join(map(self._cell, row))}</tr>" for row in self.rows)
        return (
            f'<table class="{f"numbers {self.kind}".strip()}">'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    @staticmethod
    def _cell(text: str) -> str:
        if text.startswith("https://"):
            host = text.split("/")[2]
            return f'<td><a href="{escape(text)}">{escape(host)}</a></td>'
        if text in ("reproduced", "exceeded", "not reproduced"):
            return f'<td class="verdict {text.replace(" ", "-")}">{text}</td>'
        return f"<td>{escape(text)}</td>"


def verdicts(metrics: Mapping[str, Sequence[float]], scale: str, data: str) -> Table:
    """The verdict table that ends a chapter.

    Parameters
    ----------
    metrics : by name in `CLAIMS`, the metric of each seed
    scale : of the lab; only recorded and full runs are judged
    data : what they were measured on
    """
    rows = []
    for name, values in metrics.items():
        claim = CLAIMS[name]
        ours = estimate(claim.values(values))
        judged = verdict(claim.published, ours) if scale != "quick" else "not judged: quick run"
        on = data if scale != "quick" else f"a sample of {data}"
        rows.append(_row(claim, ours, on, judged))
    return Table(COLUMNS, rows, "verdicts")


def scoreboard(store: Store) -> Table:
    """Every published claim beside what the records hold."""
    found: dict[tuple[str, str], list[Record]] = {}
    for record in store:
        found.setdefault((record.chapter, record.arm), []).append(record)
    rows = []
    for claim in CLAIMS.values():
        records = found.get((claim.chapter, claim.arm), [])
        metrics = [metric for record in records for metric in claim.measured(record)]
        if metrics:
            ours = estimate(claim.values(metrics))
            rows.append(_row(claim, ours, "", verdict(claim.published, ours)))
        else:
            rows.append([claim.statement, _number(claim.published, claim.unit), "–", "0", "",
                         claim.source, "not yet measured"])  # fmt: skip
    keep = [0, 1, 2, 3, 5, 6]
    return Table([COLUMNS[i] for i in keep], [[row[i] for i in keep] for row in rows], "verdicts")


COLUMNS = ("Claim", "Published", "Ours, mean [95 % interval]", "Seeds", "Data", "Source", "Verdict")


def _row(claim: Claim, ours: Estimate, data: str, judged: str) -> list[str]:
    published = _number(claim.published, claim.unit)
    measured = interval_text(ours, claim.unit)
    return [claim.statement, published, measured, str(ours.seeds), data, claim.source, judged]


def _number(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if unit == "images" else f"{value:g} {unit}"


def interval_text(ours: Estimate, unit: str = "%") -> str:
    """ "91.2 % [90.1, 92.3]"; the interval is left out for a single seed."""
    form = ",.0f" if unit == "images" else ".2f"
    text = f"{ours.mean:{form}} {unit}"
    return text if ours.seeds == 1 else f"{text} [{ours.low:{form}}, {ours.high:{form}}]"


def glue(**values: str) -> None:
    """Make texts available to the prose of a page, as MyST-NB's ``glue`` does.

    Written out here because MyST-NB is installed where the book is built, not where a single
    chapter runs.
    """
    from IPython.display import display

    prefix = "application/papermill.record/"
    for name, value in values.items():
        display(
            {f"{prefix}text/plain": repr(value)},
            metadata={"scrapbook": {"name": name, "mime_prefix": prefix}},
            raw=True,
        )
