"""joblib on a Dask cluster."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from joblib import parallel_config

if TYPE_CHECKING:
    from dask.distributed import Client

SILENCE = 30  # seconds that a scheduler may be without an answer


class ClusterError(RuntimeError):
    """A cluster that cannot be used; the message says what to do."""


@contextmanager
def cluster(address: str | None, records: Path) -> Iterator[Path | None]:
    """Let joblib run on the Dask cluster at `address`, if there is one.

    Yields a file in the records folder, by which a worker can tell that it sees the same folder.
    Raises a ClusterError when Dask is not installed or no scheduler with a worker answers.
    """
    if address is None:
        yield None
        return
    try:
        from dask.distributed import Client
    except ImportError as error:
        raise ClusterError(
            f'--cluster needs Dask ({error}): pip install "mislabel-utils[cluster]"'
        ) from error
    records.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            client = stack.enter_context(Client(address, timeout="10s", set_as_default=False))
            client.wait_for_workers(1, timeout=30)
        except (OSError, asyncio.TimeoutError, ValueError, TypeError) as error:
            raise ClusterError(
                f"No Dask scheduler with a worker answers at {address} ({error}). Start them with "
                "`dask scheduler`, and `dask worker ADDRESS --nthreads 1` on each machine. "
                "For a tls:// address, Dask's configuration has to name the certificates."
            ) from error
        witness = stack.enter_context(tempfile.NamedTemporaryFile(dir=records, prefix=".witness-"))
        stack.enter_context(parallel_config("dask", client=client))
        done = threading.Event()
        stack.callback(done.set)
        arguments = client, address, Path(witness.name), done
        threading.Thread(target=_watch, args=arguments, daemon=True).start()
        yield Path(witness.name)


def _watch(client: Client, address: str, witness: Path, done: threading.Event) -> None:
    """End this process when the scheduler is gone or hangs: joblib would wait for ever."""
    while not done.wait(SILENCE):
        try:
            client.sync(client.scheduler.identity, callback_timeout=SILENCE)
        except Exception:  # Dask has many for one that is not there
            if done.is_set():  # we have left it ourselves
                return
            print(
                f"\nThe Dask scheduler at {address} has not answered for {SILENCE} seconds. What "
                "is recorded is kept: start it again, and run the same command again.",
                file=sys.stderr, flush=True,
            )  # fmt: skip
            witness.unlink(missing_ok=True)
            os._exit(1)  # whatever else is tried would ask the scheduler
