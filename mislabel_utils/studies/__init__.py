"""A module for each chapter: its arms in code and in words, and its protocol.

Chapter, evidence page, ``make reproduce`` and the tests import the same module. A study has no
figure and no prose. It defines ``ARMS``, ``SEEDS``, ``load(lab)``, the data that it needs, and
``experiment(lab, seed)``, which trains every network of a seed, or finds it recorded.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import NamedTuple


class Arm(NamedTuple):
    """What an experimental condition is called in words, and what it is there for.

    Attributes
    ----------
    name : in words; two arms of a study have different names
    role : "teacher", "student", or "control"
    labels : whose labels it learns: a "teacher" network's, "true" ones, or "other" ones; empty for
        a network that learns none
    """

    name: str
    role: str
    labels: str


def study(chapter: str) -> ModuleType | None:
    """The study of a chapter; None where it has none (yet, or is a chapter of the reader's)."""
    name = f"{__name__}.{chapter}"
    named = chapter.isidentifier() and not chapter.startswith("_")
    return import_module(name) if named and find_spec(name) else None
