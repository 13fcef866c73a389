"""``python -m mislabel_utils reproduce | list | verify``."""

import argparse
import sys
from pathlib import Path

from mislabel_utils.commands.reproduce import CommandError, parse_seeds, reproduce
from mislabel_utils.files import FolderError
from mislabel_utils.learning.datasets import DataError
from mislabel_utils.learning.training import TrainingError
from mislabel_utils.recording.records import RecordError, Store

TOLD = (CommandError, DataError, FolderError, RecordError, TrainingError)


def list_records() -> None:
    """Print a line for each record."""
    records = iter(Store())
    print("chapter/arm-seed-identity  minutes it took  accuracies, as shares of 1, by data set")
    for record in records:
        scores = ", ".join(f"{key} {value:.4f}" for key, value in sorted(record.metrics.items()))
        minutes = record.environment.get("seconds", 0) / 60
        print(f"{record.chapter}/{record.stem}  {minutes:5.1f} min  {scores}")


def verify() -> None:
    """Check each record against its digest; a RecordError names one that is damaged."""
    store = Store()
    print(f"{sum(1 for _ in store)} records in {store.root} are intact.")


def parser() -> argparse.ArgumentParser:
    """The command line; what it parses has a function `run` and its arguments by name."""
    top = argparse.ArgumentParser(prog="python -m mislabel_utils", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("reproduce", help="run a chapter's experiment at full scale")
    command.add_argument("chapter", help="name of a study, such as mnist_to_fashion")
    command.add_argument("--seeds", type=parse_seeds, help="such as 0-9 or 0,3; default: all")
    where = command.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=int, default=1, help="processes that share the cores")
    where.add_argument(
        "--cluster", dest="address", help="address of a Dask scheduler, such as tls://host:8786"
    )
    command.add_argument(
        "--data", type=Path, help="folder of your own images: train/<class>/*, test/<class>/*"
    )
    command.add_argument(
        "--no-flips",
        dest="flips",
        action="store_false",
        help="never mirror your own images: left and right matter in them, as in digits",
    )
    command.set_defaults(run=reproduce)
    for function, name in ((list_records, "list"), (verify, "verify")):
        commands.add_parser(name, help=function.__doc__).set_defaults(run=function)
    return top


def main() -> None:
    line = parser()
    arguments = vars(line.parse_args())
    if not arguments.get("flips", True) and not arguments["data"]:
        line.error("--no-flips is for your own images: name their folder with --data")
    if arguments.get("jobs", 1) < 1:
        line.error("--jobs is a number of processes: write 1 or more")
    try:
        arguments.pop("run")(**arguments)
    except TOLD as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("Interrupted: run the same command again; it goes on from the last half-minute.")


if __name__ == "__main__":
    main()
