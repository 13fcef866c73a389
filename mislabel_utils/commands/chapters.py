"""A chapter's experiment: taken from the notebook itself, or else that of its study.

What a reader sees is what runs: cells tagged ``experiment`` are executed as they stand, and they
define ``SEEDS`` and ``experiment(seed)``. A chapter that also runs on a reader's own images
defines what `own_images.ask` asks for.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import nbformat

FOR_OWN_IMAGES = {"lab", "recipe", "EPOCHS", "train_teacher", "train_student"}


class ChapterError(ValueError):
    """A chapter that is not there or defines no experiment; the message says what to do."""


def experiment_of(chapter: str, book: Path, own: bool = False) -> dict[str, Any]:
    """``SEEDS``, ``experiment(seed)``, and what else the experiment of a chapter defines.

    Raises
    ------
    ChapterError
        When there is no such chapter, it defines no ``SEEDS`` and ``experiment``, or shall run on
        a reader's `own` images and cannot.
    """
    names = _of_notebook(chapter, book) or _of_study(chapter, own)
    if not names:
        raise _nothing(chapter, book)
    if own and not names.keys() >= FOR_OWN_IMAGES:
        raise ChapterError(
            f"The chapter {chapter} runs on its own data only: leave --data out, or choose a "
            "chapter that defines train_teacher and train_student, such as mislabeled."
        )
    return names


def _of_study(chapter: str, own: bool) -> dict[str, Any]:
    """What a study defines, with the lab in its functions; nothing if there is none."""
    from mislabel_utils.lab import Lab  # here: what they import reads environment variables
    from mislabel_utils.studies import study

    module = study(chapter)
    if module is None:
        return {}
    lab = Lab(chapter)
    if not own:
        module.load(lab)  # missing data fail at once
    functions = ("experiment", "train_teacher", "train_student")
    bound = {
        name: partial(getattr(module, name), lab) for name in functions if hasattr(module, name)
    }
    return vars(module) | {"lab": lab, "recipe": getattr(module, "RECIPE", None)} | bound


def _of_notebook(chapter: str, book: Path) -> dict[str, Any]:
    """What the cells of the experiment define; nothing if there is no notebook, or none in it."""
    path = book / f"{chapter}.ipynb"
    if not path.is_file():
        return {}
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # not JSON, or JSON that is no notebook
        raise ChapterError(f"{path} is not a notebook ({error}): restore it.") from error
    names: dict[str, Any] = {}
    for number, cell in enumerate(notebook.cells):
        if "experiment" in cell.metadata.get("tags", []):
            exec(compile(cell.source, f"{path.name}, cell {number}", "exec"), names)
    if names and not {"SEEDS", "experiment"} <= names.keys():
        raise _nothing(chapter, book)
    return names


def _nothing(chapter: str, book: Path) -> ChapterError:
    """What to say of a chapter that has no experiment."""
    path = book / f"{chapter}.ipynb"
    if path.is_file():
        return ChapterError(f"{path} defines no SEEDS and experiment(seed): nothing to reproduce.")
    known = sorted(p.stem for p in book.glob("*.ipynb")) or ["none"]
    return ChapterError(
        f"No chapter {chapter!r} in {book} (there: {', '.join(known)}). "
        "Run this in a clone of the book, or name its folder with --book."
    )
