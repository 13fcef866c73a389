"""The views in a notebook have its colours, and the keys that are pressed in them.

Drawn from what is stored, in what Colab's widget manager makes of a dark frame: the colours that it
names as JupyterLab does are those of the light theme, but for the text's.
"""

import json

import nbformat
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from execute import BOOK, WIDGET_STATE, WIDGET_VIEW

from mislabel_utils.report import landing

HOST = """<!doctype html><html lang="en" theme="dark"><title>Output</title><style>
  :root { --jp-ui-font-color1: #d5d5d5; --jp-ui-font-color2: rgb(0 0 0 / 0.5);
    --jp-layout-color0: white; --jp-border-color1: #9e9e9e; }
  body { background: #383838; color: #d5d5d5; }
</style>"""
# Of what is drawn: the contrast of a pen's ink with its paper.
DRAWN = """canvases => canvases.map((canvas) => {
  const { Color, getContrast } = axe.commons.color, style = getComputedStyle(canvas);
  const [ink, paper] = [new Color(), new Color()];
  ink.parseString(style.color);
  paper.parseString(style.backgroundColor);
  return getContrast(paper, ink);
})"""


@pytest.fixture(params=["intro", "two_dimensions"])
def notebook(browser, request):
    stored = nbformat.read(BOOK / f"{request.param}.ipynb", as_version=4)
    outputs = [output for cell in stored.cells for output in cell.get("outputs", ())]
    views = [data[WIDGET_VIEW] for data in (each.get("data", {}) for each in outputs)
             if WIDGET_VIEW in data]  # fmt: skip

    def script(kind, content):
        text = json.dumps(content).replace("</", "<\\/")
        return f'<div><script type="{kind}">{text}</script></div>'

    kinds = [script(WIDGET_STATE, stored.metadata.widgets[WIDGET_STATE])]
    page = browser.new_page(reduced_motion="reduce")
    page.set_content(HOST + "".join(kinds + [script(WIDGET_VIEW, view) for view in views]))
    page.add_script_tag(path=BOOK / "_scripts" / "views.js")
    for number in range(len(views)):
        page.locator(f'script[type="{WIDGET_VIEW}"]').nth(number).evaluate(
            "place => place.parentElement.scrollIntoView()"
        )
        page.locator(".live").nth(number).wait_for()
    yield page
    page.close()


def test_all_is_legible_in_a_dark_notebook(notebook):
    found = Axe().run(notebook, options={"runOnly": ["color-contrast"]}).response["violations"]
    assert not [node["html"] for rule in found for node in rule["nodes"]]
    assert min(notebook.locator(".plane canvas").evaluate_all(DRAWN)) >= 4.5


@pytest.mark.parametrize("notebook", ["two_dimensions"], indirect=True)
def test_another_theme_is_painted(notebook):
    before = notebook.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
    notebook.evaluate("document.documentElement.setAttribute('theme', 'default')")
    repainted = "before => document.querySelector('canvas').toDataURL() !== before"
    notebook.wait_for_function(repainted, arg=before, timeout=5000)


def test_keys_are_the_views(notebook):
    """In JupyterLab an arrow left a slider for the next cell, and x cut the cell."""
    notebook.evaluate("document.addEventListener('keydown', ({ key }) => (window.command = key))")
    for control in notebook.locator(".live :is(button, input, [tabindex]):enabled:visible").all():
        control.press("x", timeout=5000)
    assert notebook.evaluate("window.command") is None
    notebook.keyboard.press("Control+s")
    assert notebook.evaluate("window.command") == "s"


def test_garments_keep_their_shape_without_the_books_style(browser):
    page, images = browser.new_page(), torch.zeros(2, 1, 28, 28, dtype=torch.uint8)
    page.set_content(landing.garments(images, ["coat", "bag"], "01").html)
    box = page.get_by_role("img", name="bag").bounding_box()
    assert box["height"] == box["width"]
    page.close()
