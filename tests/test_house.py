"""The package as a house: nothing is imported that is not declared.

Which room may import which is a contract in pyproject.toml; `make test` checks it.
"""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from itertools import chain

import tomllib
from set_url import ROOT

MODULES = {path: path.read_text("utf-8") for path in sorted(ROOT.glob("mislabel_utils/**/*.py"))}


def imported(tree: ast.Module) -> set[str]:
    """Names of the other packages that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"mislabel_utils"}


def test_what_is_imported_is_declared_and_the_other_way_round():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {re.match(r"[\w-]+", line)[0].lower() for line in chain(*lines)}
    names = set().union(*(imported(ast.parse(text)) for text in MODULES.values()))
    brought_by = packages_distributions()
    needed = {brought_by[name][0].lower() for name in names}
    needed = {"distributed" if name == "dask" else name for name in needed}  # it brings dask
    assert needed == declared
