"""A chapter is read to its end: it is short, and what is strange comes first.

What a chapter leaves out stands on its page of evidence, which has a budget of cells only.
"""

import re

import nbformat
import pytest
import yaml
from browsing import WIDE
from execute import BOOK, WIDGET_VIEW, chapters, name_of
from plain import CAPTION, FOLDED, MARK, markdown, tokens
from set_url import ROOT

PARTS = {
    part["caption"]: {chapter["file"].removeprefix("book/") for chapter in part["chapters"]}
    for part in yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
}
CHAPTERS = sorted(PARTS["Chapters"])
EVIDENCE = [name_of(path) for path in chapters() if path.parent != BOOK]
SCREEN = WIDE["height"]

each_chapter = pytest.mark.parametrize("name", CHAPTERS)


def page(name):
    return nbformat.read(BOOK / f"{name}.ipynb", as_version=4)


def code(name):
    return [cell for cell in page(name).cells if cell.cell_type == "code"]


def lines(cell):
    return len(cell.source.splitlines())


def shown(name, *kinds):
    """How many outputs are one of the kinds."""
    outputs = [output for cell in code(name) for output in cell.outputs]
    return sum(any(kind in output.get("data", {}) for kind in kinds) for output in outputs)


@each_chapter
def test_words_and_numbers(name):
    cells = [cell.source for cell in markdown(page(name))]
    text = " ".join(t.content for source in cells for t in tokens(source) if t.type == "text")
    assert len(re.findall(r"\w[\w’'.,-]*", text)) <= 1500
    numbers = [number for source in cells for _, number in MARK.findall(source)]
    assert len(numbers) <= 25
    assert not [number for number in numbers if re.search(r"\d\.\d\d", number)]
    sentences = [source for source in cells if not source.startswith(CAPTION)]
    said = [number for source in sentences for _, number in MARK.findall(source)]
    assert not [number for number in said if re.search(r"\d to |\[", number)], "ranges: in figures"


@each_chapter
def test_figures_and_tables(name):
    assert shown(name, WIDGET_VIEW, "image/svg+xml", "image/png") <= 7
    drawn = [
        o.data.get("text/html", "") for cell in code(name) for o in cell.outputs if "data" in o
    ]
    written = sum(t.type == "table_open" for c in markdown(page(name)) for t in tokens(c.source))
    assert sum("<table" in html for html in drawn) + written <= 2


@each_chapter
def test_code(name):
    cells = code(name)
    assert len(cells) <= 25
    assert sum(map(lines, cells)) <= 180
    assert sum(lines(c) for c in cells if FOLDED.isdisjoint(c.metadata.get("tags", ()))) <= 45


# Heights from the top: of the exercises, of the first picture or toy, of the first number.
HEIGHTS = """() => {
  const top = (e) => e ? e.getBoundingClientRect().top + scrollY : Infinity;
  const find = (all, test) => [...document.querySelectorAll(all)].find(test);
  const comments = document.createTreeWalker(document.querySelector("article"), 128);
  let mark = comments.nextNode();
  while (mark && !mark.data.startsWith("=")) mark = comments.nextNode();
  return {
    exercises: top(find("article h2", (h) => h.textContent.startsWith("Exercise"))),
    picture: top(find(".cell_output :is(svg.plot, img, .jupyter-widgets)", () => true)),
    number: top(mark && mark.parentElement),
    end: document.querySelector("article").getBoundingClientRect().bottom + scrollY,
  };
}"""


@each_chapter
def test_screens(visit, name):
    read = visit(f"book/{name}.html", WIDE)
    if read.locator(f'script[type="{WIDGET_VIEW}"]').count():
        read.locator(".cell_output .jupyter-widgets").first.wait_for(state="attached")
    heights = read.evaluate(HEIGHTS)
    assert heights["picture"] <= SCREEN - 200, "no result picture or toy in the first screen"
    assert heights["number"] <= 2 * SCREEN, "no number within two screens"
    assert min(heights["exercises"], heights["end"]) <= 9 * SCREEN


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_page_of_evidence(name):
    assert len(page(name).cells) <= 60
    assert name in PARTS["Evidence"]
