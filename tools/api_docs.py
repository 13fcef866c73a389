"""Pages made from docstrings: Sphinx's own autodoc, told of the habits of this package.

Sphinx loads this file as an extension (see _config.yml).
"""

from __future__ import annotations

import re
from pathlib import Path

SECTION = """## `{0}`

```{{eval-rst}}
.. automodule:: mislabel_utils.{0}
   :exclude-members: set
```
"""  # Matplotlib gives its subclasses a `set` whose docstring is its own
PACKAGE = Path(__file__).parent.parent / "mislabel_utils"
ROOM = re.compile(r"<!-- every module of (\w+) -->")
# `name : what it is` in a list of parameters: where napoleon looks for a type, which stands in
# the signature already.
PARAMETER = re.compile(r"^( *)(\w+(?:, \w+)*) : (.+)$")


def describe_parameters(app, what, name, obj, options, lines):
    """Move what follows a parameter's name into the line below, where its description belongs.

    What a named tuple says of its fields by itself is left out.
    """
    said = (line for line in lines if not line.startswith("Alias for field number"))
    moved = [PARAMETER.sub(r"\1\2\n\1    \3", line) for line in said]
    lines[:] = "\n".join(moved).split("\n")


def list_modules(app, docname, source):
    """Put the modules of a room, or the one module that it is, where a page asks for them."""

    def modules(room):
        found = sorted((PACKAGE / room[1]).glob("[!_]*.py"))
        door = PACKAGE / room[1] / "__init__.py"
        names = [f"{room[1]}.{path.stem}" for path in found]
        if not found or "\ndef " in door.read_text("utf-8"):
            names.insert(0, room[1])
        return "\n\n".join(map(SECTION.format, names))

    source[0] = ROOM.sub(modules, source[0])


def setup(app):
    """Sphinx's entry point."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("source-read", list_modules)
    app.connect("autodoc-process-docstring", describe_parameters, priority=400)  # before napoleon
    app.setup_extension("sphinx.ext.napoleon")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
