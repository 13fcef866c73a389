"""``reproduce``: a chapter's experiment at full scale, one job a seed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from joblib import Parallel, cpu_count, delayed
from tqdm.auto import tqdm

from mislabel_utils.commands import own_images
from mislabel_utils.commands.chapters import study_of
from mislabel_utils.commands.cluster import cluster
from mislabel_utils.commands.jobs import Job, end_with_parent, run_seed
from mislabel_utils.files import cache_dir, folder
from mislabel_utils.lab import Lab
from mislabel_utils.learning import datasets
from mislabel_utils.recording.records import Store


def parse_seeds(text: str) -> list[int]:
    """ "0-2,7" to [0, 1, 2, 7].

    Raises
    ------
    argparse.ArgumentTypeError
        For anything else.
    """
    try:
        seeds = []
        for part in text.split(","):
            first, dash, last = part.partition("-")
            low, high = int(first), int(last) if dash else int(first)
            if "_" in part or not 0 <= low <= high < 1000:  # to Python 1_0 is 10
                raise ValueError
            seeds.extend(range(low, high + 1))
        return list(dict.fromkeys(seeds))  # each once
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} lists no seeds: write 0-9 or 0,3,5, each below 1000"
        ) from None


def own_folder(text: str) -> Path:
    """A folder, with ``~`` for the home folder.

    Raises
    ------
    argparse.ArgumentTypeError
        Unless it is one; nothing at all is not the current folder.
    """
    path = Path(os.path.expanduser(text))
    if not text or not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is no folder: name one, or leave this out")
    return path


def at_least_one(text: str) -> int:
    """A number of processes.

    Raises
    ------
    argparse.ArgumentTypeError
        Unless it is 1 or more.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes: write 1 or more")
    return int(text)


def reproduce(
    chapter: str,
    seeds: Sequence[int] | None = None,
    *,
    data: Path | None = None,
    flips: bool = True,
    jobs: int = 1,
    address: str | None = None,
) -> None:
    """Run a chapter's experiment at full scale; what was interrupted is resumed.

    Parameters
    ----------
    chapter : name of its study
    seeds : default those of the chapter, or 0 alone with data of the reader's own
    data : folder of a reader's own images
    flips : whether those may be mirrored
    jobs : processes that share the cores; no more than there are cores and seeds
    address : of a Dask scheduler, instead of processes here

    Raises
    ------
    ChapterError, DataError, RecordError, TrainingError
        Each in a sentence that says what to do.
    """
    os.environ["MISLABEL_SCALE"] = "full"
    own = str(data.resolve()) if data else None
    # Here first, so that a wrong name or missing data fail at once, and only once.
    study = study_of(chapter, own is not None)
    if not own:
        study.load(Lab(chapter))
    else:
        images = datasets.load(own)
        print(images.found)
        own_images.require_enough(images)
        # A reader's own runs have no place among those that come with the package.
        if not os.environ.get("MISLABEL_RECORDS"):
            os.environ["MISLABEL_RECORDS"] = str(cache_dir() / "records")
    seeds = seeds or ([0] if own else list(study.SEEDS))
    # joblib, unlike os.cpu_count, knows the limits of a container and of a batch system.
    jobs = min(jobs, len(seeds), cpu_count())
    records = Store().root.resolve()
    alone = jobs == 1 and not address
    job = Job(chapter, 0, own, flips, settings(alone), threads_each(jobs))
    with cluster(address, records) as witness:
        runs = (delayed(run_seed)(replace(job, seed=seed, witness=witness)) for seed in seeds)
        how = {"n_jobs": -1} if address else {"n_jobs": jobs, "initializer": end_with_parent}
        done = Parallel(**how, return_as="generator_unordered")(runs)
        outcomes = []
        for seed, outcome in tqdm(done, total=len(seeds), desc=f"{chapter}, seeds"):
            tqdm.write(f"seed {seed} is recorded in {records / chapter}")
            outcomes.append(outcome)
    if own:
        outcomes.sort(key=lambda outcome: outcome.seed)
        table = own_images.table(outcomes).to_string()
        print(f"\n{table}\n\n{own_images.verdict(outcomes)}")


def threads_each(jobs: int) -> int | None:
    """Threads for each of several processes; None, torch's own choice, for a single one."""
    return max(1, cpu_count() // jobs) if jobs > 1 else None


def settings(bars: bool) -> dict[str, str]:
    """The environment variables that a process needs, wherever it runs, to do as this one."""
    found = {"MISLABEL_SCALE": "full", "MISLABEL_RECORDS": str(Store().root.resolve())}
    if data := folder("MISLABEL_DATA"):
        found["MISLABEL_DATA"] = str(data.resolve())
    return found if bars else found | {"TQDM_DISABLE": "1"}  # they would overwrite each other
