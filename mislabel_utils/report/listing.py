"""A long table in a page: searched by words, sorted by any of its columns, by itself offline."""

import re
from html import escape
from pathlib import Path

import pandas as pd

from mislabel_utils.report.tables import Shown

SCRIPT = Path(__file__).with_name("listing.js").read_text("utf-8")
STYLE = """
.listing { padding: 0 5px 5px 0; }
.listing table { min-width: 44rem; }
.listing :is(thead th, tr > :first-child) {
  background: var(--paper, canvas); color: var(--ink, canvastext); position: sticky;
}
.listing thead th { top: 0; z-index: 1; }
.listing tr > :first-child {
  left: 0; max-width: 16rem; min-width: min(16rem, 38vw); white-space: normal;
}
.listing thead th:first-child { z-index: 2; }
.listing th button { all: unset; cursor: pointer; }
.listing th button:focus-visible { outline: 2px solid; outline-offset: 1px; }
.listing [aria-sort=ascending] button::after { content: " ↑"; }
.listing [aria-sort=descending] button::after { content: " ↓"; }
.listing td { white-space: nowrap; }
.listing:not(.works) label { visibility: hidden; }
.listing p { margin-bottom: 0.7rem; min-height: 2.2rem; }
"""


def listing(frame: pd.DataFrame, what: str) -> Shown:
    """A table of all rows, with a field to search in them; a click on a column's head sorts.

    Texts and numbers are shown as they are, the index is not; only the first column may need
    several lines. `what` is what a row is, such as "records", for the name of the search field.
    """
    heads = "".join(
        f'<th scope="col"><button type="button">{escape(name)}</button></th>' for name in frame
    )
    rows = "\n".join(
        f"<tr>{''.join(f'<td>{escape(_said(cell))}</td>' for cell in row)}</tr>"
        for row in frame.itertuples(index=False)
    )
    html = (
        f'<div class="listing"><style>{STYLE}</style>'
        f"<p><label>Search the {escape(what)} <input type=search></label> <output></output></p>"
        f'<div role="region" tabindex="0" aria-label="{escape(what)}" '
        'style="max-height: 36rem; overflow: auto">'  # here, for Jupyter drops the sheet until run
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"<script>{SCRIPT}</script></div>"
    )
    return Shown(html, f"{len(frame):,} {what}: {', '.join(frame)}")


def _said(cell: object) -> str:
    """As it is shown: a number below zero with a minus, and nothing that is less than nothing."""
    return re.sub(r"^-(?=\d)", "−", re.sub(r"^-(?=0$)", "", str(cell)))
