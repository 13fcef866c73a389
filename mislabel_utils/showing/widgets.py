"""Views that a reader can move: sliders that need no kernel, a button that does.

What the sliders choose from is drawn beforehand and stored in the page, and the browser does the
choosing. Pictures are HTML, since an image widget has no alternative text.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from html import escape
from io import BytesIO

import ipywidgets
from IPython import display
from matplotlib.figure import Figure
from PIL import Image


def picture(figure: Figure | display.Image, alt: str, dpi: int = 90, colours: int = 32) -> str:
    """A figure, or one that was stored, as an HTML image that needs no file beside it.

    Parameters
    ----------
    dpi : of a figure that is drawn now; a stored one stays as large as it is
    colours : few keep it small
    """
    full, small = BytesIO(), BytesIO()
    if isinstance(figure, Figure):
        figure.savefig(full, format="png", dpi=dpi)
    else:
        full.write(figure.data)
    Image.open(full).convert("RGB").quantize(colours).save(small, format="png", optimize=True)
    data = base64.b64encode(small.getvalue()).decode()
    # Beside another picture where there is room for 15rem each, else below it in full width.
    fit = "flex:1 1 15rem; min-width:0; max-width:min(24rem, 100%); height:auto"
    return f'<img alt="{escape(alt)}" style="{fit}" src="data:image/png;base64,{data}">'


def panel(pictures: Sequence[str], caption: str) -> str:
    """Pictures side by side, one above the other on a phone, and what they show in words."""
    row = '<div style="display:flex; flex-wrap:wrap; align-items:flex-start; gap:0.5rem">'
    words = '<p aria-live="polite" style="font-size:0.95rem; line-height:1.5">'
    return f"{row}{''.join(pictures)}</div>{words}{escape(caption)}</p>"


def switcher(
    panels: Sequence[Sequence[str]],
    rows: tuple[str, Sequence[str]],
    columns: tuple[str, Sequence[str]],
    start: tuple[int, int] = (0, 0),
) -> ipywidgets.VBox:
    """Two sliders that choose one of a table of panels, with a kernel or without.

    Parameters
    ----------
    panels : HTML, by row and column
    rows, columns : what each slider is called, and the name of each of its positions
    start : the row and the column shown at first
    """
    if len(panels) != len(rows[1]) or any(len(row) != len(columns[1]) for row in panels):
        raise ValueError("Give one panel for each pair of slider positions.")
    sliders = [
        ipywidgets.SelectionSlider(options=list(names), index=index, description=name)
        for (name, names), index in zip((rows, columns), start, strict=True)
    ]
    wide = {"width": "100%"}  # of the page's column, or a phone shows half a picture
    stacks = [
        ipywidgets.Stack(
            [ipywidgets.HTML(each, layout=wide) for each in row],
            selected_index=start[1],
            layout=wide,
        )
        for row in panels
    ]
    shown = ipywidgets.Stack(stacks, selected_index=start[0], layout=wide)
    ipywidgets.jslink((sliders[0], "index"), (shown, "selected_index"))
    for stack in stacks:
        ipywidgets.jslink((sliders[1], "index"), (stack, "selected_index"))
    return ipywidgets.VBox([*sliders, shown], layout=wide)


def button(label: str, make: Callable[[int], Figure]) -> ipywidgets.VBox:
    """A button that shows make(0) when it is first pressed, then make(1) and so on."""
    press, output = ipywidgets.Button(description=label), ipywidgets.Output()
    press.layout.width = "auto"
    pressed = 0

    def show(_: ipywidgets.Button) -> None:
        nonlocal pressed
        press.disabled = True
        try:
            with output:
                output.clear_output(wait=True)
                display.display(make(pressed))
            pressed += 1
        finally:
            press.disabled = False

    press.on_click(show)
    return ipywidgets.VBox([press, output])
