"""Execute chapters and store their outputs, or check the outputs that are stored.

    python tools/execute.py                      # every chapter, outputs stored
    python tools/execute.py --check NOTEBOOK…    # compare, change nothing

What is stored depends on the code only: no timings, no random widget names.
"""

from __future__ import annotations

import argparse
import copy
import difflib
import json
import os
import re
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from plain import MARK, fill, name_folds

BOOK = Path(__file__).resolve().parent.parent / "book"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
GLUE = "application/papermill.record/"
PICTURE = re.compile(r"data:image/\w+;base64,[\w+/=\s]+")


# Asked of the kernel when all cells have run: what they gave the prose to say.
NUMBERS = """
import json, sys
prose = sys.modules.get("mislabel_utils.report.prose")
print(json.dumps([prose.registered, sorted(prose.changed)] if prose else [{}, []]))
"""


def chapters() -> list[Path]:
    """All pages; that which counts what the others show comes last."""
    pages = [*BOOK.glob("*.ipynb"), *BOOK.glob("evidence/*.ipynb")]
    return sorted(pages, key=lambda path: (path.stem == "reproduce", path))


def name_of(path: Path) -> str:
    """As `make outputs CHAPTER=…` calls a page: "mislabeled", "evidence/mislabeled"."""
    return path.relative_to(BOOK).with_suffix("").as_posix()


@cache
def no_profile() -> TemporaryDirectory:
    """A folder without settings, for as long as this process lasts."""
    return TemporaryDirectory(prefix="ipython-")


def prefer_own_kernel() -> None:
    """Let `python3` mean this environment, whatever kernels the user has installed.

    Nor do a user's settings of IPython and matplotlib count, such as figures as SVG.
    """
    own = str(Path(sys.prefix, "share", "jupyter"))
    others = [p for p in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if p and p != own]
    os.environ["JUPYTER_PATH"] = os.pathsep.join([own, *others])
    os.environ.pop("PYTHONSTARTUP", None)
    os.environ |= {"IPYTHONDIR": no_profile().name, "MATPLOTLIBRC": os.devnull}


def execute(path: Path, scale: str = "recorded") -> nbformat.NotebookNode:
    """The notebook at `path`, executed in its own folder by this environment's kernel.

    Its prose says the numbers that the cells computed, see `plain`.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.nbformat_minor = 5
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    )
    for number, cell in enumerate(notebook.cells):
        cell.setdefault("id", f"cell-{number:02d}")
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)
    asked = nbformat.v4.new_code_cell(NUMBERS)
    notebook.cells.append(asked)
    prefer_own_kernel()
    environment = {**os.environ, "MISLABEL_SCALE": scale}
    environment.pop("MPLBACKEND", None)  # it would keep the figures out of the page
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
    client.execute(env=environment)
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


def texts(notebook: nbformat.NotebookNode) -> list[tuple[str, list[str]]]:
    """Everything readable that the notebook computes: (where, lines), pictures left out."""
    found = []
    for number, cell in enumerate(notebook.cells, start=1):
        where = f"cell {number} (id {cell.get('id', '?')})"
        if cell.cell_type != "code":
            found.append((where, [" = ".join(mark) for mark in MARK.findall(cell.source)]))
            continue
        lines: list[str] = []
        for output in cell.outputs:
            if output.output_type == "stream":
                lines += [f"[{output.name}]", *output.text.splitlines()]
            elif output.output_type == "error":
                lines += ["[error]", output.ename, output.evalue]
            else:
                name = output.metadata.get("scrapbook", {}).get("name", "")
                for kind, value in sorted(output.data.items()):
                    plain = kind.removeprefix(GLUE)
                    if plain.startswith("text/"):
                        value = PICTURE.sub("(picture)", value)
                        lines += [f"[{kind} {name}]".replace(" ]", "]"), *value.splitlines()]
                    elif plain.startswith("image/") or kind == WIDGET_VIEW:
                        lines.append(f"[{kind}]")
        found.append((where, lines))
    state = copy.deepcopy(notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}))
    for model in state.get("state", {}).values():
        model.pop("buffers", None)
    shown = PICTURE.sub("(picture)", json.dumps(state, indent=1, sort_keys=True))
    found.append(("widget state", shown.splitlines()))
    return found


def differences(stored: nbformat.NotebookNode, now: nbformat.NotebookNode) -> str:
    """A readable difference of the two notebooks' texts; empty if there is none."""
    report = []
    for (where, old), (_, new) in zip(texts(stored), texts(now), strict=True):
        if old != new:
            report += [where, *difflib.unified_diff(old, new, "stored", "now", lineterm="", n=1)]
    return "\n".join(report)


def check(path: Path, scale: str = "recorded") -> str:
    """Re-execute the notebook and compare; empty if it shows what is stored."""
    return differences(nbformat.read(path, as_version=4), execute(path, scale))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    parser.add_argument("--check", action="store_true", help="compare with what is stored")
    parser.add_argument("--scale", default="recorded", choices=["recorded", "quick", "full"])
    options = parser.parse_args()
    failed = False
    paths = [path.resolve() for path in options.notebooks] or chapters()
    for path in paths:
        if not path.is_file() or BOOK not in path.parents:
            parser.error(f"there is no page {path} in {BOOK}")
    for path in paths:
        if options.check:
            report = check(path, options.scale)
            print(f"{name_of(path)}: {'differs' if report else 'as stored'}\n{report}".rstrip())
            failed |= bool(report)
        else:
            nbformat.write(execute(path, options.scale), path)
            print(f"{name_of(path)}: outputs stored")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
