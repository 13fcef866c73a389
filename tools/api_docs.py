"""Pages made from docstrings: Sphinx's own autodoc, told of two habits of this package.

Sphinx loads this file as an extension (see _config.yml).
"""

from __future__ import annotations

import re

# `name : what it is` in a list of parameters: where napoleon looks for a type, which stands in
# the signature already.
PARAMETER = re.compile(r"^( *)(\w+(?:, \w+)*) : (.+)$")


def describe_parameters(app, what, name, obj, options, lines):
    """Move what follows a parameter's name into the line below, where its description belongs."""
    moved = [PARAMETER.sub(r"\1\2\n\1    \3", line) for line in lines]
    lines[:] = "\n".join(moved).split("\n")


def setup(app):
    """Sphinx's entry point."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", describe_parameters, priority=400)  # before napoleon
    app.setup_extension("sphinx.ext.napoleon")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
