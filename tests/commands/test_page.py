"""The page about reproducing runs whatever a reader has recorded."""

import nbformat
import pytest
from fabricated import record
from toys import ROOT

from mislabel_utils.recording.records import Store

MINE = {"data": ("mine", "1a2b3c4d" * 8), "test": "mine/test@mine"}


def shown():
    """What the page's code prints, cell by cell, outside a browser."""
    names = {}
    for cell in nbformat.read(ROOT / "book" / "reproduce.ipynb", as_version=4).cells:
        if cell.cell_type == "code" and cell.id != "set-up":
            exec(compile(cell.source, f"reproduce, {cell.id}", "exec"), names)
    return names


@pytest.mark.parametrize("chapter", [None, "mislabeled", "own_images"])
def test_a_readers_own_records(isolated, chapter):
    seeds = (0, 1) if chapter else ()
    for seed in seeds:
        Store().write(record(seed, chapter=chapter, **MINE))
        Store().write(record(1000 + seed, arm="student", chapter=chapter, **MINE))
    names = shown()
    assert len(names["every"]) == 2 * len(seeds)
    assert names["students"], "the worked example is the book's own, and still there"
