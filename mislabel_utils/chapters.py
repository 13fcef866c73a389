"""A chapter's experiment, taken from the notebook itself.

What a reader sees is what runs: cells tagged ``experiment`` are executed as they stand, and they
define ``SEEDS`` and ``experiment(seed)``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat


class ChapterError(ValueError):
    """A chapter that is not there or defines no experiment; the message says what to do."""


def experiment_of(chapter: str, book: Path) -> dict[str, Any]:
    """The names defined by the cells tagged ``experiment`` of ``book/<chapter>.ipynb``.

    Raises
    ------
    ChapterError
        When there is no such chapter, or it defines no ``SEEDS`` and ``experiment``.
    """
    path = book / f"{chapter}.ipynb"
    if not path.is_file():
        known = sorted(p.stem for p in book.glob("*.ipynb")) or ["none"]
        raise ChapterError(
            f"No chapter {chapter!r} in {book} (there: {', '.join(known)}). "
            "Run this in a clone of the book, or name its folder with --book."
        )
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # not JSON, or JSON that is no notebook
        raise ChapterError(f"{path} is not a notebook ({error}): restore it.") from error
    names: dict[str, Any] = {}
    for number, cell in enumerate(notebook.cells):
        if "experiment" in cell.metadata.get("tags", []):
            exec(compile(cell.source, f"{path.name}, cell {number}", "exec"), names)
    if not {"SEEDS", "experiment"} <= names.keys():
        raise ChapterError(f"{path} defines no SEEDS and experiment(seed): nothing to reproduce.")
    return names


def run_seed(chapter: str, book: Path, seed: int, threads: int | None, bars: bool) -> int:
    """Run one seed of a chapter's experiment at full scale in this process; return the seed."""
    os.environ["MISLABEL_SCALE"] = "full"
    if not bars:  # several bars at once would overwrite each other
        os.environ["TQDM_DISABLE"] = "1"
    import torch  # after the environment is set

    if threads:
        torch.set_num_threads(threads)
    experiment_of(chapter, book)["experiment"](seed)
    return seed
