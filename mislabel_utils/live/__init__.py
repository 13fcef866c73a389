"""Views that compute in the reader's browser, with a kernel or without one.

Each view is one JavaScript module, made of files beside this one, which anywidget runs. A notebook
stores the module with its outputs, so that a static page has all it needs.
"""

from pathlib import Path

import anywidget

FOLDER = Path(__file__).parent


def joined(*names: str) -> str:
    """The text of some files beside this one, as a module or a style sheet."""
    return "".join((FOLDER / name).read_text("utf-8") for name in names)


class Live(anywidget.AnyWidget):
    """What all views share: the style sheet, and a text form that is the same in every run."""

    _css = FOLDER / "live.css"

    def __repr__(self) -> str:
        return "[Interactive figure: run all cells of this notebook to use it]"


class Plane(Live):
    """What the views of the plane share."""

    _css = joined("live.css", "plane.css")


class Playground(Plane):
    """The experiment of the two-dimensional chapter, trained while one watches.

    Draw, radius and width stand in the page's address, so that a link shares them. It opens with
    `first_draw`, of the first ones (`among`) whose teacher fits the median: see
    `report.plane.median_draw`.
    """

    first_draw, among = 23, 31

    _esm = joined("random.js", "plane.js", "view.js", "draws.js", "points.js", "playground.js")


class Mistakes(Plane):
    """Two classes in the plane: which mistakes of a teacher are kept, and what a student makes of
    them.

    Draw, teacher and choice stand in the page's address, so that a link shares them.
    `plane.mistakes` computes the same in PyTorch.
    """

    _esm = joined("random.js", "plane.js", "view.js", "mistakes.js")
