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
from unittest.mock import patch

from mislabel_utils.commands.chapters import ChapterError, study_of

if TYPE_CHECKING:
    from mislabel_utils.commands.own_images import Outcome


@dataclass(frozen=True)
class Job:
    """One seed of a chapter's experiment.

    Attributes
    ----------
    chapter : name of the study
    seed : passed to the experiment
    data : folder of a reader's own images; None for the data of the chapter
    flips : whether the reader's own images may be mirrored
    settings : environment variables, while it runs
    threads : of torch; None leaves them as they are
    witness : a file that the process must see; shows that it sees the records folder
    """

    chapter: str
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
        When this machine does not see the records folder, or as in `chapters.study_of`.
    """
    if job.witness and not job.witness.exists():
        raise ChapterError(
            f"{platform.node()} does not see the records folder {job.witness.parent}: set "
            "MISLABEL_RECORDS to a folder that all machines of the cluster share."
        )
    with patch.dict(os.environ, job.settings):  # a cluster's process may do others afterwards
        import torch

        from mislabel_utils.commands import own_images
        from mislabel_utils.lab import Lab

        if job.threads:
            torch.set_num_threads(job.threads)
        study, lab = study_of(job.chapter, job.data is not None), Lab(job.chapter)
        if job.data is not None:
            return job.seed, own_images.ask(study, lab, job.data, job.seed, job.flips)
        study.experiment(lab, job.seed)
        return job.seed, None
