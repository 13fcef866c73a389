"""``reproduce``: a chapter's experiment at full scale, one job a seed."""

import argparse
import os
import platform
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from unittest.mock import patch

import pandas as pd
from joblib import Parallel, cpu_count, delayed, parallel_config
from tqdm.auto import tqdm

from mislabel_utils import studies
from mislabel_utils.commands import own_images
from mislabel_utils.files import cache_dir, folder
from mislabel_utils.lab import Lab
from mislabel_utils.learning import datasets
from mislabel_utils.recording.records import Store

_alone = threading.Lock()


class CommandError(RuntimeError):
    """A chapter or a folder that cannot be used; the message says what to do."""


@contextmanager
def on_cluster(address: str, records: Path) -> Iterator[Path]:
    """Let joblib run on the Dask cluster at `address`.

    Yields a file in the records folder, by which a worker can tell that it sees the same folder.
    """
    from dask.distributed import Client  # comes with "mislabel-utils[cluster]"

    records.mkdir(parents=True, exist_ok=True)
    with (
        Client(address, timeout="10s", set_as_default=False) as client,
        tempfile.NamedTemporaryFile(dir=records, prefix=".witness-") as witness,
        parallel_config("dask", client=client),
    ):
        client.wait_for_workers(1, timeout=30)
        yield Path(witness.name)


def parse_seeds(text: str) -> list[int]:
    """ "0-2,7" to [0, 1, 2, 7], each once; an ArgumentTypeError for anything else."""
    seeds = []
    for part in text.split(","):
        found = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", part)
        more = range(int(found[1]), int(found[2] or found[1]) + 1) if found else ()
        if not more:
            raise argparse.ArgumentTypeError(
                f"{text!r} lists no seeds: write 0-9 or 0,3,5, each below 1000"
            )
        seeds += more
    return list(dict.fromkeys(seeds))


def study_of(chapter: str) -> ModuleType:
    """The module of a chapter's experiment: one of the book's, or of the reader's on Python's path.

    Raises a CommandError when there is none that defines an experiment.
    """
    module = studies.study(chapter)
    if module is None and chapter.isidentifier() and find_spec(chapter):
        module = import_module(chapter)
    if module is None or not vars(module).keys() >= {"SEEDS", "load", "experiment"}:
        known = ", ".join(each.name for each in iter_modules(studies.__path__))
        raise CommandError(
            f"No chapter {chapter!r} with SEEDS, load and experiment: name one of {known}, or a "
            "module of your own that Python finds, such as a file in this folder."
        )
    return module


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

    Raises a CommandError, DataError, RecordError or TrainingError that says what to do. The seeds
    are by default those of the chapter, or 0 alone with `data`, a folder of a reader's own images.
    Jobs are processes that share the cores, no more than there are cores and seeds; `address` is
    that of a Dask scheduler, instead.
    """
    # Here first, so that a wrong name or missing data fail at once, and only once.
    study = study_of(chapter)
    if data is None:
        study.load(Lab(chapter, "full"))
    elif chapter != "mislabeled":
        raise CommandError(
            f"The chapter {chapter} runs on its own data only: leave --data out, or choose "
            "mislabeled."
        )
    else:
        data = data.expanduser().resolve()  # `mnist` is a folder of the reader's here
        print(own_images.found(datasets.load(str(data))))
        # A reader's own runs have no place among those that come with the package.
        if not os.environ.get("MISLABEL_RECORDS"):
            os.environ["MISLABEL_RECORDS"] = str(cache_dir() / "records")
    seeds = seeds or ([0] if data else list(study.SEEDS))
    # joblib, unlike os.cpu_count, knows the limits of a container and of a batch system.
    jobs = min(jobs, len(seeds), cpu_count())
    records = Store().root.resolve()
    # What a process needs, wherever it runs, to do as this one.
    settings = {"MISLABEL_RECORDS": str(records)}
    if root := folder("MISLABEL_DATA"):
        settings["MISLABEL_DATA"] = str(root.resolve())
    if jobs > 1 or address:
        settings["TQDM_DISABLE"] = "1"  # bars would overwrite each other
    mine, place = data and str(data), str(Path(study.__file__).parent)
    with on_cluster(address, records) if address else nullcontext() as witness:
        runs = (
            delayed(run_seed)(seed, chapter, place, mine, flips, settings, witness)
            for seed in seeds
        )
        done = Parallel(-1 if address else jobs, return_as="generator_unordered")(runs)
        outcomes = {}
        for seed, outcome in tqdm(done, total=len(seeds), desc=f"{chapter}, seeds"):
            outcomes[seed] = outcome
            tqdm.write(f"seed {seed} is recorded in {records / chapter}")
    if data:
        table = pd.DataFrame({f"Seed {seed}": found for seed, found in sorted(outcomes.items())})
        table = table.rename_axis(columns="Measured")
        print(f"\n{table.to_string()}\n\n{own_images.verdict(table.loc[own_images.ANSWER])}")


def run_seed(
    seed: int,
    chapter: str,
    place: str,
    data: str | None,
    flips: bool,
    settings: Mapping[str, str],
    witness: Path | None,
) -> tuple[int, dict[str, str] | None]:
    """Run one seed in this process: the seed, and what came out of a reader's own images.

    Raises a CommandError when this machine does not see the records folder, as a `witness` in it
    shows; else as `reproduce`. Python may not look through the study's `place` here; `settings` are
    environment variables, while it runs.
    """
    if witness and not witness.exists():
        raise CommandError(
            f"{platform.node()} does not see the records folder {witness.parent}: set "
            "MISLABEL_RECORDS to a folder that all machines of the cluster share."
        )
    # A cluster's process may do others afterwards, or in another thread.
    with _alone, patch.dict(os.environ, settings), patch.object(sys, "path", [*sys.path, place]):
        lab = Lab(chapter, "full")
        if data is not None:
            return seed, own_images.ask(lab, data, seed, flips)
        study_of(chapter).experiment(lab, seed)
        return seed, None
