"""The page about reproducing runs whatever a reader has recorded."""

import nbformat
import pytest
from fabricated import record
from toys import ROOT

from mislabel_utils.recording.records import RecordError, Store

MINE = {"data": ("mine", "1a2b3c4d" * 8), "test": "mine/test@mine"}


def shown(page="reproduce"):
    """What a page's code prints, cell by cell, outside a browser."""
    names = {}
    for cell in nbformat.read(ROOT / "book" / f"{page}.ipynb", as_version=4).cells:
        if cell.cell_type == "code" and cell.id != "set-up":
            exec(compile(cell.source, f"{page}, {cell.id}", "exec"), names)
    return names


@pytest.mark.parametrize("chapter", ["mislabeled", "own_images"])
def test_a_readers_own_records(isolated, chapter):
    for seed in (0, 1):
        Store().write(record(seed, chapter=chapter, **MINE))
        Store().write(record(1000 + seed, arm="student", chapter=chapter, **MINE))
    names = shown()
    assert len(names["each"]) == 4
    assert names["runs"], "the worked example is the book's own, and still there"


@pytest.mark.parametrize("page", ["intro", "adds_up", "reproduce"])
def test_no_records_are_told(isolated, page):
    with pytest.raises(RecordError, match=r"[Nn]o record .*[Mm]ake (some|it) with"):
        shown(page)
