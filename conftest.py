"""Settings that hold for the tests and for the chapters that `pytest --nbval` runs."""

import os
from tempfile import TemporaryDirectory

import pytest
from execute import prefer_own_kernel
from kernels import fork_kernels

# Several processes are dealt whole files in this order. What takes longest comes first, so that
# none is left at work when the others have finished; evidence comes last, when its chapters have
# trained what it shows. Of files that are long, each test is dealt by itself. One process builds
# the site while two others train.
ORDER = ("book/adversarial", "book/mnist", "tests/test_site.py", "book/", "tests/test_plain.py",
         "tests/live/", "tests/commands/", "tests/", "book/evidence/")  # fmt: skip
BY_TEST = ("tests/test_site.py", "tests/test_plain.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One more than there are cores, since many tests wait: for a page, or for a process to end."""
    return min((os.cpu_count() or 1) + 1, 4)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class Dealing(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return nodeid if nodeid.startswith(BY_TEST) else super()._split_scope(nodeid)

    return Dealing(config, log)


def pytest_configure(config):
    prefer_own_kernel()
    fork_kernels()
    if os.environ.get("PYTEST_XDIST_WORKER"):  # one of several: they share the cores
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    if getattr(config.option, "nbval", False) or getattr(config.option, "nbval_lax", False):
        config.option.nbval_current_env = True
        # The chapters really train here, on the bundled sample; a page finds what another page of
        # the same session has trained.
        os.environ.setdefault("MISLABEL_SCALE", "quick")
        if "PYTEST_XDIST_WORKER" not in os.environ:
            shared = config.shared = TemporaryDirectory(prefix="quick-")
            os.environ |= {"MISLABEL_QUICK": shared.name, "MISLABEL_CACHE": shared.name}


def pytest_ignore_collect(collection_path):
    """`tests/test_plain.py` executes every page; nbval those that another scale changes."""
    if collection_path.suffix == ".ipynb":
        return "nbval-ignore-output" not in collection_path.read_text("utf-8") or None


def pytest_collection_modifyitems(items):
    def place(item):
        fits = (start for start in ORDER if item.nodeid.startswith(start))
        return ORDER.index(max(fits, key=len, default="tests/"))

    items.sort(key=place)
    for notebook in {item.parent for item in items if hasattr(item.parent, "skip_compare")}:
        notebook.skip_compare += ("image/svg+xml",)  # as nbval does with other pictures


@pytest.fixture(autouse=True)
def default_scale(monkeypatch):
    """Tests see the scale that they name themselves; nbval's kernels start outside of this."""
    for name in ("MISLABEL_SCALE", "MISLABEL_QUICK"):
        monkeypatch.delenv(name, raising=False)
