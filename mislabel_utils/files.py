"""Where files live, and how one is written so that nobody ever reads half of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BUNDLED = Path(__file__).parent / "bundled"  # what comes with the package: data, no code


def cache_dir() -> Path:
    """Decoded data, checkpoints and weights: ``MISLABEL_CACHE`` or ``~/.cache/mislabel``."""
    return Path(os.environ.get("MISLABEL_CACHE") or Path.home() / ".cache" / "mislabel")


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the name `path` only when all is on disk.

    After an error, a kill or a power cut `path` is what it was before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # mkstemp's 0600 would hide committed records from other users
        os.replace(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
