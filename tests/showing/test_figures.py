"""What is drawn in the book's look leaves a reader's own plots theirs."""

import io
import subprocess
import sys

import matplotlib.pyplot as plt
from toys import environment

from mislabel_utils.showing import figures

OURS = """
import importlib, matplotlib, pkgutil
before = dict(matplotlib.rcParams)
import mislabel_utils
for module in pkgutil.walk_packages(mislabel_utils.__path__, "mislabel_utils."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print([key for key, value in matplotlib.rcParams.items() if before[key] != value])
"""


def test_no_import_restyles_a_readers_plots():
    done = subprocess.run([sys.executable, "-c", OURS], capture_output=True, text=True,
                          env=environment(MPLBACKEND="agg"))  # fmt: skip
    assert done.stdout == "[]\n", done.stderr


READERS = {"font.size": 30, "figure.figsize": (9, 9), "axes.spines.top": True}


@figures.styled
def bars():
    figure, ax = figures.subplots()
    ax.bar(["a", "b"], [3, 1200])
    plt.close(figure)
    return figure


def test_drawing_keeps_both_looks():
    def drawn():
        content = io.BytesIO()
        made = bars()
        with plt.rc_context(READERS):  # when it is shown
            made.savefig(content, format="png")
        return content.getvalue()

    as_before = drawn()
    with plt.rc_context(READERS):
        assert drawn() == as_before
        assert plt.rcParams["font.size"] == 30
