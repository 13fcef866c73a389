"""joblib on a Dask cluster."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from joblib import parallel_config


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
        yield Path(witness.name)
