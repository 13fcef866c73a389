"""Tables and texts of numbers, and how a page's prose comes by them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mislabel_utils.showing.stats import Estimate

VERDICTS = ("reproduced", "exceeded", "not reproduced")


class Table:
    """Rows of text that show as an HTML table in a page and as lines in a terminal.

    Parameters
    ----------
    columns, rows : the texts; a verdict is coloured, an address becomes a link
    kind : a class for the style sheet, such as "verdicts"
    note : a sentence below the table
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        kind: str = "",
        note: str = "",
    ) -> None:
        self.columns, self.rows, self.kind, self.note = columns, rows, kind, note

    def __repr__(self) -> str:
        lines = [" | ".join(row) for row in (self.columns, *self.rows)]
        return "\n".join(lines + [self.note] * bool(self.note))

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(column)}</th>' for column in self.columns)
        body = "".join(f"<tr>{''.join(map(self._cell, row))}</tr>" for row in self.rows)
        return (
            f'<table class="{f"numbers {self.kind}".strip()}">'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        ) + (f"<p>{escape(self.note)}</p>" if self.note else "")

    @staticmethod
    def _cell(text: str) -> str:
        if text.startswith("https://"):
            host = text.split("/")[2]
            return f'<td><a href="{escape(text)}">{escape(host)}</a></td>'
        if text in VERDICTS:
            return f'<td class="verdict {text.replace(" ", "-")}">{text}</td>'
        return f"<td>{escape(text)}</td>"


def number_text(value: float, unit: str) -> str:
    """ "91.04 %", "18,768 images"."""
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
