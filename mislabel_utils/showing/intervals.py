"""How many intervals a page shows: the more there are, the more leave out the truth by chance."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

GLUE = "application/papermill.record/text/plain"
UNSEEN = {"remove-cell", "remove-output"}
USED = re.compile(r"\{glue:text\}`(\w+)`")
MARKED = re.compile(r"<!--=\w+-->(.*?)<!--/-->")
NUMBER = r"[-+−]?[\d.,]*\d"
INTERVAL = re.compile(rf"\[{NUMBER}, {NUMBER}\]")
RANGE = re.compile(rf"\({NUMBER} to {NUMBER}\)")
NEXT_RUN = re.compile(rf"\| {NUMBER} to {NUMBER} (?:%|points|of \d+) \|")


@dataclass(frozen=True)
class Count:
    """How many numbers come with something beside them.

    Attributes
    ----------
    intervals : of a mean or a share, "[1.0, 2.0]"
    next_runs : where one more run would fall, in a table of verdicts
    ranges : from the lowest to the highest of a few seeds, "(1.0 to 2.0)"
    """

    intervals: int = 0
    next_runs: int = 0
    ranges: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.intervals + other.intervals,
            self.next_runs + other.next_runs,
            self.ranges + other.ranges,
        )


def shown(notebook: Path) -> dict[str, Count]:
    """What a reader sees of each section: what stands in its prose, its tables and its texts.

    A number that is said twice counts twice, since it is read twice; what figures draw is not
    counted. Sections are told by their headings of the second rank.

    Parameters
    ----------
    notebook : with its outputs stored
    """
    cells = nbformat.read(notebook, as_version=4).cells
    glued = {
        output.metadata["scrapbook"]["name"]: output.data[GLUE]
        for cell in cells
        for output in cell.get("outputs", ())
        if GLUE in output.get("data", {})
    }
    section, found = "", {"": Count()}
    for cell in cells:
        if cell.cell_type == "markdown":
            for part in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
                if part.startswith("## "):
                    section = part.splitlines()[0].removeprefix("## ")
                said = [glued.get(key, "") for key in USED.findall(part)]
                text = " ".join(said + MARKED.findall(part))
                found[section] = found.get(section, Count()) + count(text)
        elif UNSEEN.isdisjoint(cell.metadata.get("tags", ())):
            for output in cell.outputs:
                text = output.get("text") or output.get("data", {}).get("text/plain", "")
                found[section] += count(text)
    return found


def count(text: str) -> Count:
    """The intervals and ranges in a text."""
    return Count(*(len(pattern.findall(text)) for pattern in (INTERVAL, NEXT_RUN, RANGE)))
