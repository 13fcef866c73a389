"""Two questions about a published number.

*Does the phenomenon hold?* is about the claim: do our students beat chance, and every control that
the claim names? *Does the published number agree?* is about recipes: would one more of our runs
give a number like it? Neither answers the other.

When the rules were fixed. That for the published number was written before the first run at full
scale. Those for the phenomenon, with `MARGINS` and `LIKELY`, are later: the results of three
chapters were known, those of the adversarial images (`claims.ILYAS`) were not. The arm of D_rand
was changed once, for the training losses of the first: sixteen passes in the place of eight.
The rules are round numbers, and nobody should take them for a prediction. One of them decides: a
typical draw in the plane, 22 points, lies above 95 % of the students of coins, and ties with
97.5 %.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from mislabel_utils.learning.datasets import load
from mislabel_utils.report.published import Claim
from mislabel_utils.report.stats import interval
from mislabel_utils.report.tables import Link, interval_text

FEWEST = 3  # seeds, of students and of every control: with fewer nothing is judged
MARGINS = {"student": 10.0, "difference": 0.0}  # points that every seed must be ahead by
LIKELY = 0.95  # the share of the controls' draws that a typical draw of ours must leave behind


@dataclass(frozen=True)
class Measured:
    """What we measured of a claim, and the two verdicts.

    Values are ours, one for each seed or draw, in the unit of the claim, none if not yet measured;
    and by its name in `Claim.controls` those of each control that is on record.
    """

    claim: Claim
    values: Sequence[float]
    data: str = "–"
    controls: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def next_run(self) -> tuple[float, float]:
        """Where one more run of ours falls with a probability of 95 %; NaN for a single one.

        For seeds Student's prediction interval. Draws are many and are counts: their own quantiles.
        """
        if self.claim.kind == "draws":
            low, high = np.quantile(self.values, [0.025, 0.975], method="inverted_cdf")
            return float(low), float(high)
        return interval(self.values, self.claim.unit, of_next=True)

    def unjudged(self) -> str:
        """Why neither question is answered; nothing if they are."""
        if not self.values:
            return "not yet measured"
        return "" if len(self.values) >= FEWEST else "not judged: too few seeds"

    def bar(self) -> float:
        """What every seed, or the median draw, must lie above, in the unit of the claim.

        For a student the best seed of any control or the constant answer, and `MARGINS` points
        more. For a difference zero, or the best control above it. For draws the count that a share
        `LIKELY` of the control's draws do not exceed: then a typical student is not one that
        guesses. A teacher's accuracy is no phenomenon and has none.
        """
        known = [values for values in self.controls.values() if len(values)]
        if self.claim.kind == "draws":
            return float(max(np.quantile(each, LIKELY, method="inverted_cdf") for each in known))
        constant = constant_answer(self.claim.metric) if self.claim.kind == "student" else 0.0
        rivals = [constant, *[max(values) for values in known]]
        return max(rivals) + MARGINS[self.claim.kind]

    def holds(self) -> str:
        """Does the phenomenon hold? "yes", in how many seeds, "no", or why that is not judged.

        A teacher's accuracy is no phenomenon: "not applicable". No control may be missing.
        """
        if self.claim.kind == "teacher":
            return "not applicable"
        if self.unjudged():
            return self.unjudged()
        counts = [len(self.controls.get(name, ())) for name in self.claim.controls]
        if min(counts, default=FEWEST) < FEWEST:
            return "not judged: too few seeds of a control"
        if self.claim.kind == "draws":
            return "yes" if np.median(self.values) > self.bar() else "no"
        ahead = sum(value > self.bar() for value in self.values)
        every = len(self.values)
        if ahead == every:
            return "yes"
        return f"in {ahead} of {every} seeds" if ahead else "no"

    def agrees(self) -> str:
        """How the published number, one run, lies to where one more run of ours would fall."""
        if self.unjudged():
            return self.unjudged()
        low, high = self.next_run
        if self.claim.published < low:
            return "lower than ours"
        return "higher than ours" if self.claim.published > high else "compatible"

    def row(self) -> list[str | Link]:
        """The texts of `scoreboard.COLUMNS`."""
        claim, count, further = self.claim, len(self.values), "–"
        draws, unit = claim.kind == "draws", claim.unit
        if not count:
            ours = "–"
        elif draws:
            ours = f"median {np.median(self.values):g} {unit}, {count:,} draws"
        else:
            ours = f"{interval_text(self.values, unit)}, {count} seed{'s' * (count > 1)}"
        if count > 1:
            low, high = (f"{end:{'g' if draws else '.2f'}}" for end in self.next_run)
            further = f"{low} to {high} {unit}"
        ours += f"; {self.data}" * (count > 0 and self.data != "–")
        published = Link(f"{claim.published:g} {unit}", claim.source)
        return [claim.statement, published, ours, self.holds(), further, self.agrees()]


@cache
def constant_answer(metric: str) -> float:
    """What the commonest class gets, in per cent, on the images of "cifar10/test@cifar10"."""
    labels = load(metric.partition("/")[0], "recorded").test.labels
    return 100 * labels.bincount().max().item() / len(labels)
