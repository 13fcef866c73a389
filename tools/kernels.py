"""Kernels that begin as forks of one process that has imported what takes seconds.

A kernel imports `mislabel_utils` itself: tqdm asks, when it is imported, where it is.
"""

import os
import runpy
import sys
import time
from multiprocessing import get_context
from pathlib import Path

from jupyter_client.provisioning import local_provisioner

FORKS = get_context("forkserver")
IMPORTED = ["torch", "scipy.stats", "pandas.io.formats.style", "matplotlib.figure", "nbclient"]
ROOT = Path(__file__).resolve().parent.parent


def become(module, arguments, env, cwd):
    """Be `python -m module arguments`, without what pytest has put on the path."""
    import matplotlib
    import pandas

    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ |= env | {"JPY_PARENT_PID": str(os.getppid())}
    sys.path[:] = [place for place in sys.path if Path(place).parent != ROOT]
    sys.argv[:] = [module, *arguments]
    # As they are where a kernel imports them.
    pandas.options.display.max_columns = 20
    matplotlib.rcParams["backend"] = "module://matplotlib_inline.backend_inline"
    runpy.run_module(module, run_name="__main__")


class Fork(FORKS.Process):
    """With what is asked of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def poll(self):
        return self.exitcode

    def wait(self):
        self.join()
        return self.exitcode

    def send_signal(self, number):
        os.kill(self.pid, number)


def launch(command, env, cwd=None, **_):
    _, _, module, *arguments = command
    fork = Fork(target=become, args=(module, arguments, env, cwd or os.getcwd()), daemon=True)
    fork.start()
    while os.getpgid(fork.pid) != fork.pid:  # or a signal to its group is one to our own
        time.sleep(0.01)
    return fork


def fork_kernels() -> None:
    FORKS.set_forkserver_preload(IMPORTED)
    local_provisioner.launch_kernel = launch
