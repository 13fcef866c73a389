"""Where files live, and how one is written so that nobody ever reads half of it."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

BUNDLED = Path(__file__).parent / "bundled"  # what comes with the package: data, no code


class FolderError(RuntimeError):
    """A folder that cannot be written; the message says what to do."""


def folder(variable: str, default: str = "") -> Path | None:
    """The folder that an environment variable names, or the default where it is unset or empty.

    A relative one counts from the top of the clone of the book: a notebook runs in a folder of its
    own, and shall mean the same one as a terminal.
    """
    text = os.environ.get(variable) or default
    here = Path.cwd()
    top = next((above for above in (here, *here.parents) if (above / "_toc.yml").is_file()), here)
    return top / Path(text).expanduser() if text else None


def cache_dir() -> Path:
    """Downloads, checkpoints and weights: ``MISLABEL_CACHE`` or ``~/.cache/mislabel``."""
    return folder("MISLABEL_CACHE", "~/.cache/mislabel")


def require_writable(place: Path, *files: Path) -> None:
    """Make a folder; a FolderError, before hours are spent, where nothing, or no such file, can be
    written."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=place).close()
        for file in files:
            file.open("a").close()
    except OSError as error:
        raise FolderError(
            f"Nothing can be written to {place} ({error}): make room, or name folders of "
            "your own with MISLABEL_CACHE and MISLABEL_RECORDS."
        ) from error


@contextmanager
def locked(path: Path, what: str, patience: float = 5.0) -> Iterator[None]:
    """Be the only process that holds a file's lock; say so when another one is waited for."""
    lock = FileLock(path)
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        print(f"Waiting for another process that {what} (it holds {path}).", file=sys.stderr)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the name `path` only when all is on disk.

    After an error, a kill or a power cut `path` is what it was before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}{path.suffix}")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
