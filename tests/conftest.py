"""Places of their own for the tests of the package.

Nothing here is automatic: the tests of the notebooks and of the site read the real records.
"""

import pytest
from hypothesis import settings

# A loaded machine is slow, not wrong; and the same examples are tried each time.
settings.register_profile("book", deadline=None, derandomize=True, database=None, max_examples=40)
settings.load_profile("book")


@pytest.fixture
def isolated(tmp_path, monkeypatch):
    """Cache and records in a temporary folder, no data root, one thread."""
    import torch  # here: the tests of addresses and of the site do without

    monkeypatch.setenv("MISLABEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MISLABEL_RECORDS", str(tmp_path / "records"))
    monkeypatch.delenv("MISLABEL_DATA", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # in the processes that a test starts
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield tmp_path
    torch.set_num_threads(threads)
