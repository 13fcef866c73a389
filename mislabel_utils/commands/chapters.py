"""The study of a chapter: one of the book's, or a module of the reader's that Python finds."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType

ASKED = {"SEEDS", "load", "experiment"}
FOR_OWN_IMAGES = {"RECIPE", "EPOCHS", "train_teacher", "train_student"}


class ChapterError(ValueError):
    """A chapter that is not there or defines no experiment; the message says what to do."""


def study_of(chapter: str, own: bool = False) -> ModuleType:
    """The module that defines a chapter's experiment.

    Raises
    ------
    ChapterError
        When there is none, it defines no experiment, or shall run on a reader's `own` images and
        cannot.
    """
    from mislabel_utils import studies  # here: what it imports reads environment variables

    module = studies.study(chapter)
    if module is None and chapter.isidentifier() and find_spec(chapter):
        module = import_module(chapter)
    if module is None:
        known = ", ".join(each.name for each in iter_modules(studies.__path__))
        raise ChapterError(
            f"No chapter {chapter!r}: name one of {known}, or a module of your own that Python "
            "finds, such as a file in this folder."
        )
    if missing := ASKED - vars(module).keys():
        raise ChapterError(
            f"{module.__file__} defines no {', '.join(sorted(missing))}: nothing to reproduce."
        )
    if own and not vars(module).keys() >= FOR_OWN_IMAGES:
        raise ChapterError(
            f"The chapter {chapter} runs on its own data only: leave --data out, or choose a "
            "chapter that defines train_teacher and train_student, such as mislabeled."
        )
    return module
