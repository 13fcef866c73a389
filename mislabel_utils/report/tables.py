"""Tables and texts of numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

import numpy as np
import pandas as pd

from mislabel_utils.report.stats import FEW, interval

# Set in bold where they fill a cell; none has a colour, for none is better than another.
VERDICTS = ("yes", "no", "compatible", "lower than ours", "higher than ours")


@dataclass(frozen=True)
class Shown:
    """HTML, and the same in words where no HTML is shown."""

    html: str
    words: str

    def __repr__(self) -> str:
        return self.words

    def _repr_html_(self) -> str:
        return self.html


class Link(NamedTuple):
    """A text in a table that leads to an address."""

    text: str
    address: str

    def __str__(self) -> str:
        return f"{self.text} ({self.address})"


class Table:
    """Rows of texts and links that show as an HTML table in a page and as lines in a terminal; a
    cell that is a verdict is bold.
    """

    def __init__(self, columns: Sequence[str], rows: Sequence[Sequence[str | Link]]) -> None:
        self.columns, self.rows = columns, rows

    @classmethod
    def of(cls, texts: pd.DataFrame, columns: Sequence[str]) -> "Table":
        """A frame, such as a groupby gives, its index first; `columns` are the names of both."""
        rows = texts.reset_index().astype(str).to_numpy().tolist()
        return cls(columns, rows)

    def __repr__(self) -> str:
        return "\n".join(" | ".join(map(str, row)) for row in (self.columns, *self.rows))

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(column)}</th>' for column in self.columns)
        body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in self.rows)
        return f'<table class="numbers"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _cell(cell: str | Link) -> str:
    if isinstance(cell, Link):
        return f'<td><a href="{escape(cell.address)}">{escape(cell.text)}</a></td>'
    verdict = ' class="verdict"' if cell in VERDICTS else ""
    return f"<td{verdict}>{escape(cell)}</td>"


def positive(gaps: Iterable[float]) -> str:
    """ "4 of 5": how many are above zero, and of how many; NaN is left out."""
    known = [gap for gap in gaps if not np.isnan(gap)]
    return f"{sum(gap > 0 for gap in known)} of {len(known)}"


def interval_text(values: Sequence[float], unit: str = "%") -> str:
    """ "91.20 % [90.10, 92.30]", mean and interval; of a few seeds their `range_text`, see `FEW`.

    NaN is left out, of none there is a dash.
    """
    values = pd.Series(values).dropna()
    if len(values) <= FEW:
        return range_text(values, unit, ".2f")
    low, high = interval(values, unit)
    return f"{values.mean():.2f} {unit} [{low:.2f}, {high:.2f}]"


def range_text(values: Sequence[float], unit: str = "%", form: str = ".1f") -> str:
    """ "91.2 % (90.5 to 92.0)": the mean, and in round brackets the lowest and the highest.

    Values are in the unit, not shares of one; NaN is left out, of none there is a dash, and one has
    no range. The unit is empty where a column says it.
    """
    values = [value for value in values if not np.isnan(value)]
    if not values:
        return "–"
    texts = (f"{of(values):{form}}" for of in (np.mean, min, max))
    mean, low, high = (text if text.strip("-0.") else text.lstrip("-") for text in texts)
    return f"{mean} {unit}".strip() + f" ({low} to {high})" * (len(values) > 1)


def span(shares: Iterable[float], unit: str = "%", form: str = ".1f") -> str:
    """ "91.2 % (90.5 to 92.0)" of shares of one, see `range_text`."""
    return range_text([100 * float(share) for share in shares], unit, form)
