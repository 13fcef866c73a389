"""One seed of an experiment, as a process on any machine runs it.

Nothing that reads an environment variable is imported before the job has set them.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mislabel_utils.commands.chapters import ChapterError, experiment_of

if TYPE_CHECKING:
    from mislabel_utils.commands.own_images import Outcome


_usual: dict[str, str | None] = {}  # what the environment said before a job


@dataclass(frozen=True)
class Job:
    """One seed of a chapter's experiment.

    Attributes
    ----------
    chapter, book : name and folder of the notebook
    seed : passed to the experiment
    data : folder of a reader's own images; None for the data of the chapter
    flips : whether the reader's own images may be mirrored
    settings : environment variables
    threads : of torch; None leaves them as they are
    witness : a file that the process must see; shows that it sees the records folder
    """

    chapter: str
    book: Path
    seed: int
    data: str | None = None
    flips: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    threads: int | None = None
    witness: Path | None = None


def end_with_parent() -> None:
    """Let this process not survive the one that started it, however that ends."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run_seed(job: Job) -> tuple[int, Outcome | None]:
    """Run one seed of an experiment in this process.

    Returns
    -------
    The seed; and what came out, when the data are the reader's own.

    Raises
    ------
    ChapterError
        When this machine does not see the records folder, or as in `chapters.experiment_of`.
    """
    if job.witness and not job.witness.exists():
        raise ChapterError(
            f"{platform.node()} does not see the records folder {job.witness.parent}: set "
            "MISLABEL_RECORDS to a folder that all machines of the cluster share."
        )
    _set(job.settings)
    import torch

    from mislabel_utils.commands import own_images

    if job.threads:
        torch.set_num_threads(job.threads)
    names = experiment_of(job.chapter, job.book, job.data is not None)
    if job.data is None:
        names["experiment"](job.seed)
        return job.seed, None
    return job.seed, own_images.ask(names, job.data, job.seed, job.flips)


def _set(settings: Mapping[str, str]) -> None:
    """Set variables, and unset those of a job that this process, on a cluster, did before."""
    for name in _usual.keys() - settings.keys():
        before = _usual.pop(name)
        os.environ.pop(name, None)
        os.environ |= {} if before is None else {name: before}
    for name, value in settings.items():
        _usual.setdefault(name, os.environ.get(name))
        os.environ[name] = value
