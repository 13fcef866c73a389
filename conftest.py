"""Settings that hold for the tests and for the chapters that `pytest --nbval` runs."""

import os

import pytest
from execute import prefer_own_kernel


def pytest_configure(config):
    prefer_own_kernel()
    if getattr(config.option, "nbval", False) or getattr(config.option, "nbval_lax", False):
        config.option.nbval_current_env = True
        # The chapters really train here, on the bundled sample.
        os.environ.setdefault("MISLABEL_SCALE", "quick")


@pytest.fixture(autouse=True)
def default_scale(monkeypatch):
    """Tests see the scale that they name themselves; nbval's kernels start outside of this."""
    monkeypatch.delenv("MISLABEL_SCALE", raising=False)
