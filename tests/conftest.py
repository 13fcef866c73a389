"""Places of their own for the tests of the package.

Nothing here is automatic: the tests of the notebooks and of the site read the real records.
"""

import os
import sys
from functools import wraps
from types import SimpleNamespace

import pytest
from browsing import address, browser, site, visit  # noqa: F401
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


@pytest.fixture
def trained(monkeypatch):
    """Titles of the runs that are trained in this process."""
    from mislabel_utils.learning import training

    titles, train = [], training.train

    @wraps(train)
    def counted(*arguments, **options):
        titles.append(options["title"])
        return train(*arguments, **options)

    monkeypatch.setattr(training, "train", counted)
    return titles


@pytest.fixture
def command_line(monkeypatch, capsys):
    """Run `python -m mislabel_utils` in this process; return its status, output and complaint."""
    from mislabel_utils.__main__ import main

    before = dict(os.environ)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["mislabel_utils", *map(str, arguments)])
        status, said = 0, ""
        try:
            main()
        except SystemExit as exit_:
            # Python prints a text, and exits with 1
            status, said = (1, exit_.code) if isinstance(exit_.code, str) else (exit_.code, "")
        out, err = capsys.readouterr()
        return SimpleNamespace(status=status, out=out, said=said, err=err)

    yield run
    # The command sets variables for itself and for what it starts.
    os.environ.clear()
    os.environ.update(before)
