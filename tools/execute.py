"""Execute chapters and store their outputs, or check the outputs that are stored.

    python tools/execute.py                      # every chapter, outputs stored
    python tools/execute.py --check NOTEBOOK…    # compare, change nothing

What is stored depends on the code only: no timings, no random widget names.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import nbformat
from jupyter_client import KernelManager
from kernels import fork_kernels
from nbclient import NotebookClient
from plain import fill, name_folds

BOOK = Path(__file__).resolve().parent.parent / "book"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
EMPTY = TemporaryDirectory(prefix="ipython-")  # without settings, as long as this process lasts
PICTURE = re.compile(r"data:image/\w+;base64,[\w+/=\s]+")
# Asked of the kernel when all cells have run: what they gave the prose to say. A number a line:
# nbclient looks for carriage returns, in a time that grows with the square of a line.
NUMBERS = """
import json, sys
prose = sys.modules.get("mislabel_utils.report.prose")
print(json.dumps([prose.registered, sorted(prose.changed)] if prose else [{}, []], indent=0))
"""


def chapters() -> list[Path]:
    """All pages."""
    return sorted([*BOOK.glob("*.ipynb"), *BOOK.glob("evidence/*.ipynb")])


def name_of(path: Path) -> str:
    """As `make outputs CHAPTER=…` calls a page: "mislabeled", "evidence/mislabeled"."""
    return path.relative_to(BOOK).with_suffix("").as_posix()


def prefer_own_kernel() -> None:
    """Let `python3` mean this environment, whatever kernels the user has installed.

    Nor do a user's settings of IPython and matplotlib count, such as figures as SVG.
    """
    os.environ.pop("PYTHONSTARTUP", None)
    os.environ["JUPYTER_PATH"] = str(Path(sys.prefix, "share", "jupyter"))
    os.environ |= {"IPYTHONDIR": EMPTY.name, "MATPLOTLIBRC": os.devnull}


def connect(manager: KernelManager, **options) -> None:
    """Through files of its own: of two processes in search of a free port, both find the same."""
    place = Path(EMPTY.name, uuid4().hex[:12])
    with_ports(manager, **{"transport": "ipc", "ip": str(place)} | options)


with_ports, KernelManager.__init__ = KernelManager.__init__, connect


def execute(path: Path) -> nbformat.NotebookNode:
    """The notebook at `path`, executed in its own folder by this environment's kernel.

    Its prose says the numbers that the cells computed, see `plain`.
    """
    notebook = nbformat.read(path, as_version=4)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = nbformat.from_dict({"kernelspec": kernel})
    asked = nbformat.v4.new_code_cell(NUMBERS)
    notebook.cells.append(asked)
    prefer_own_kernel()
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=900,
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=True,
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    client.execute(env=os.environ | {"MISLABEL_SCALE": "recorded"})
    notebook.cells.remove(asked)
    values, changed = json.loads(asked.outputs[0].text)
    if changed:
        raise ValueError(f"{', '.join(changed)}: one name, and two cells give it different texts")
    fill(notebook, values)
    name_folds(notebook)
    notebook.metadata["language_info"] = {"name": "python"}
    return name_widgets(notebook)


def name_widgets(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Number the widget models in the order of their creation: their names are random."""
    widgets = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {})
    text = json.dumps(notebook)
    for number, model in enumerate(widgets.get("state", {})):
        text = text.replace(model, f"{number:032x}")
    return nbformat.from_dict(json.loads(text))


def readable(notebook: nbformat.NotebookNode) -> list[str]:
    """The lines of the file without pictures and what widgets hold in bytes: it loses both."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            for kind in output.get("data", ()):
                if kind.startswith("image/"):
                    output.data[kind] = "(picture)"
    widgets = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {})
    for model in widgets.get("state", {}).values():
        model.pop("buffers", None)
    return PICTURE.sub("(picture)", nbformat.writes(notebook)).splitlines()


def check(path: Path) -> str:
    """How the notebook, executed again, differs from what is stored; empty if it does not."""
    stored, now = readable(nbformat.read(path, as_version=4)), readable(execute(path))
    return "\n".join(difflib.unified_diff(stored, now, "stored", "now", lineterm=""))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    parser.add_argument("--check", action="store_true", help="compare with what is stored")
    options = parser.parse_args()
    paths = [path.resolve() for path in options.notebooks] or chapters()[::-1]  # the longest first
    if strangers := set(paths) - set(chapters()):
        parser.error(f"there is no page {min(strangers)} in {BOOK}")

    def outcome(path: Path) -> bool:
        if options.check:
            report = check(path)
            print(f"{name_of(path)}: {'differs' if report else 'as stored'}\n{report}".rstrip())
            return bool(report)
        nbformat.write(execute(path), path)
        print(f"{name_of(path)}: outputs stored")
        return False

    fork_kernels()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # pages share the cores
    with ThreadPoolExecutor(os.cpu_count()) as pages:
        return int(any(list(pages.map(outcome, paths))))


if __name__ == "__main__":
    sys.exit(main())
