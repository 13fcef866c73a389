"""``python -m mislabel_utils reproduce | list | verify``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from joblib import Parallel, delayed
from tqdm.auto import tqdm

from mislabel_utils.chapters import ChapterError, experiment_of, run_seed
from mislabel_utils.data import DataError
from mislabel_utils.records import RecordError, Store
from mislabel_utils.training import TrainingError


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
    # Loading the chapter here first makes a wrong name or missing data fail at once, and only once.
    seeds = arguments.seeds or list(experiment_of(arguments.chapter, arguments.book)["SEEDS"])
    threads = None
    if arguments.jobs > 1:
        threads = max(1, (os.cpu_count() or 1) // arguments.jobs)
    runs = (
        delayed(run_seed)(
            arguments.chapter, arguments.book, seed, threads, bars=arguments.jobs == 1
        )
        for seed in seeds
    )
    done = Parallel(n_jobs=arguments.jobs, return_as="generator_unordered")(runs)
    for seed in tqdm(done, total=len(seeds), desc=f"{arguments.chapter}, seeds"):
        tqdm.write(f"seed {seed} is recorded in {Store().root / arguments.chapter}")


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
    command.add_argument(
        "--jobs", type=at_least_one, default=1, help="processes that share the cores"
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
