"""``python -m mislabel_utils reproduce | list | verify``."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from joblib import Parallel, delayed, parallel_config
from tqdm.auto import tqdm

from mislabel_utils.commands import own_images
from mislabel_utils.commands.chapters import ChapterError, Job, experiment_of, run_seed
from mislabel_utils.files import cache_dir
from mislabel_utils.learning import datasets
from mislabel_utils.learning.datasets import DataError
from mislabel_utils.learning.training import TrainingError
from mislabel_utils.recording.records import RecordError, Store


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
            if not 0 <= low <= high < 1000:
                raise ValueError
            seeds.extend(range(low, high + 1))
        return seeds
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} lists no seeds: write 0-9 or 0,3,5, each below 1000"
        ) from None


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


def reproduce(arguments: argparse.Namespace) -> None:
    """Run a chapter's experiment at full scale; what was interrupted is resumed."""
    os.environ["MISLABEL_SCALE"] = "full"
    own = str(arguments.data.resolve()) if arguments.data else None
    # Loading the chapter here first makes a wrong name or missing data fail at once, and only once.
    names = experiment_of(arguments.chapter, arguments.book, own)
    if own:
        datasets.load(own)
        # A reader's own runs have no place among those that come with the package.
        if not os.environ.get("MISLABEL_RECORDS"):
            os.environ["MISLABEL_RECORDS"] = str(cache_dir() / "records")
    seeds = arguments.seeds or ([0] if own else list(names["SEEDS"]))
    records = Store().root.resolve()
    threads = max(1, (os.cpu_count() or 1) // arguments.jobs) if arguments.jobs > 1 else None
    alone = arguments.jobs == 1 and not arguments.cluster
    job = Job(arguments.chapter, arguments.book.resolve(), 0, own, settings(alone), threads)
    with cluster(arguments.cluster, records) as witness:
        runs = (delayed(run_seed)(replace(job, seed=seed, witness=witness)) for seed in seeds)
        jobs = -1 if arguments.cluster else arguments.jobs
        done = Parallel(n_jobs=jobs, return_as="generator_unordered")(runs)
        outcomes = []
        for seed, outcome in tqdm(done, total=len(seeds), desc=f"{arguments.chapter}, seeds"):
            tqdm.write(f"seed {seed} is recorded in {records / arguments.chapter}")
            outcomes.append(outcome)
    if own:
        outcomes.sort(key=lambda outcome: outcome.seed)
        print(
            f"\n{own_images.aligned(own_images.table(outcomes))}\n\n{own_images.verdict(outcomes)}"
        )


def settings(bars: bool) -> dict[str, str]:
    """The environment variables that a process needs, wherever it runs, to do as this one."""
    found = {"MISLABEL_SCALE": "full", "MISLABEL_RECORDS": str(Store().root.resolve())}
    if os.environ.get("MISLABEL_DATA"):
        found["MISLABEL_DATA"] = str(Path(os.environ["MISLABEL_DATA"]).resolve())
    return found if bars else found | {"TQDM_DISABLE": "1"}  # they would overwrite each other


@contextmanager
def cluster(address: str | None, records: Path) -> Iterator[Path | None]:
    """Let joblib run on the Dask cluster at `address`, if there is one.

    Yields a file in the records folder, by which a worker can tell that it sees the same folder.

    Raises
    ------
    ChapterError
        When Dask is not installed, or no scheduler or no worker answers.
    """
    if address is None:
        yield None
        return
    try:
        from dask.distributed import Client
    except ImportError as error:
        raise ChapterError(
            f'--cluster needs Dask ({error}): pip install "mislabel-utils[cluster]"'
        ) from error
    records.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            client = stack.enter_context(Client(address, timeout="10s", set_as_default=False))
            client.wait_for_workers(1, timeout=30)
        except (OSError, asyncio.TimeoutError, ValueError) as error:
            raise ChapterError(
                f"No Dask scheduler with a worker answers at {address} ({error}). Start them with "
                "`dask scheduler`, and `dask worker ADDRESS --nthreads 1` on each machine."
            ) from error
        witness = stack.enter_context(tempfile.NamedTemporaryFile(dir=records, prefix=".witness-"))
        stack.enter_context(parallel_config("dask", client=client))
        yield Path(witness.name)


def list_records(arguments: argparse.Namespace) -> None:
    """Print a line for each record."""
    for record in Store():
        scores = ", ".join(f"{key} {value:.4f}" for key, value in sorted(record.metrics.items()))
        minutes = record.environment.get("seconds", 0) / 60
        print(f"{record.chapter}/{record.stem}  {minutes:5.1f} min  {scores}")


def verify(arguments: argparse.Namespace) -> None:
    """Check each record against its digests."""
    print(f"{sum(1 for _ in Store())} records in {Store().root} are intact.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mislabel_utils", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("reproduce", help=reproduce.__doc__)
    command.add_argument("chapter", help="name of a notebook in the book, such as mnist_to_fashion")
    command.add_argument("--seeds", type=parse_seeds, help="such as 0-9 or 0,3; default: all")
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs", type=at_least_one, default=1, help="processes that share the cores"
    )
    where.add_argument("--cluster", help="address of a Dask scheduler, such as tcp://host:8786")
    command.add_argument(
        "--data", type=Path, help="folder of your own images: train/<class>/*, test/<class>/*"
    )
    command.add_argument("--book", type=Path, default=Path("book"), help="folder of the notebooks")
    command.set_defaults(run=reproduce)
    for function, name in ((list_records, "list"), (verify, "verify")):
        commands.add_parser(name, help=function.__doc__).set_defaults(run=function)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except (ChapterError, DataError, RecordError, TrainingError) as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("Interrupted: run the same command again and it goes on from here.")


if __name__ == "__main__":
    main()
