"""A chapter's experiment, taken from the notebook itself.

What a reader sees is what runs: cells tagged ``experiment`` are executed as they stand, and they
define ``SEEDS`` and ``experiment(seed)``. A chapter that also runs on a reader's own images
defines ``experiment(seed, name)``, where ``name`` is what `Lab.load` loads.
"""

from __future__ import annotations

import inspect
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

if TYPE_CHECKING:
    from mislabel_utils.commands.own_images import Outcome


class ChapterError(ValueError):
    """A chapter that is not there or defines no experiment; the message says what to do."""


@dataclass(frozen=True)
class Job:
    """One seed of a chapter's experiment, for any process on any machine.

    Attributes
    ----------
    chapter, book : name and folder of the notebook
    seed : passed to the experiment
    data : folder of a reader's own images; None for the data of the chapter
    settings : environment variables, set before anything that reads them is imported
    threads : of torch; None leaves them as they are
    witness : a file that the process must see; shows that it sees the records folder
    """

    chapter: str
    book: Path
    seed: int
    data: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    threads: int | None = None
    witness: Path | None = None


def experiment_of(chapter: str, book: Path, data: str | None = None) -> dict[str, Any]:
    """The names defined by the cells tagged ``experiment`` of ``book/<chapter>.ipynb``.

    Raises
    ------
    ChapterError
        When there is no such chapter, it defines no ``SEEDS`` and ``experiment``, or there is
        `data` of the reader's own and the experiment takes none.
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
    if data and "name" not in inspect.signature(names["experiment"]).parameters:
        raise ChapterError(
            f"The chapter {chapter} runs on its own data only: leave --data out, or choose a "
            "chapter whose experiment takes a name, such as mislabeled."
        )
    return names


def run_seed(job: Job) -> tuple[int, Outcome | None]:
    """Run one seed of an experiment in this process.

    Returns
    -------
    The seed; and what came out, when the data are the reader's own.

    Raises
    ------
    ChapterError
        When this machine does not see the records folder, or as in `experiment_of`.
    """
    if job.witness and not job.witness.exists():
        raise ChapterError(
            f"{platform.node()} does not see the records folder {job.witness.parent}: set "
            "MISLABEL_RECORDS to a folder that all machines of the cluster share."
        )
    os.environ.update(job.settings)
    import torch  # after the environment is set

    if job.threads:
        torch.set_num_threads(job.threads)
    experiment = experiment_of(job.chapter, job.book, job.data)["experiment"]
    if job.data is None:
        experiment(job.seed)
        return job.seed, None
    from mislabel_utils.commands import own_images

    return job.seed, own_images.outcome(job.data, job.seed, experiment(job.seed, job.data))
