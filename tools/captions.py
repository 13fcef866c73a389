"""Figures on the page: SVG that follows the theme, a caption, and the code that drew it under it.

Sphinx loads this file as an extension (see _config.yml). In a notebook a figure is a folded cell,
its output, and a Markdown cell below it that begins with `<small>`; on the page the three become
one `<figure>`, whose caption ends in links to the records and to the code, which unfolds. SVG is
written into the page, since the page's colours do not reach into an `<img>`. Folded cells that show
nothing, and stand between a page's first words and its first picture, follow the picture instead.
"""

from __future__ import annotations

from html import escape
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlencode

from docutils import nodes
from plain import CAPTION, TITLE
from sphinx.transforms.post_transforms import SphinxPostTransform

from mislabel_utils.files import BUNDLED
from mislabel_utils.report.conditions import CHAPTERS

FEED = "#the-feed-of-records"


class Captions(SphinxPostTransform):
    """After MyST-NB has chosen what to show (4), before it folds what is hidden (199)."""

    default_priority = 50
    formats = ("html",)

    def run(self, **_) -> None:
        def parts(name):
            return [
                n for n in self.document.findall(nodes.container) if n.get("nb_element") == name
            ]

        for output in parts("cell_code_output"):
            for image in list(output.findall(nodes.image)):
                if image["uri"].endswith(".svg"):
                    svg = Path(self.env.srcdir, image["uri"]).read_text("utf-8")
                    image.replace_self(raw(svg))
        for source in parts("cell_code_source"):
            untitle(source)
        feed = self.app.builder.get_relative_uri(self.env.docname, "book/reproduce")
        title, count = recorded(self.env.docname)
        for cell in parts("cell_code"):
            caption(cell, f"{feed}?{urlencode({'find': title})}{FEED}", count)
        picture_first(parts("cell_code"))


def raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def recorded(page: str) -> tuple[str, int]:
    """The chapter of a page, and how many records it has; of pages of no chapter, "" and all."""
    name = page.rpartition("/")[2]
    title = next((title for study, title in CHAPTERS.items() if name.startswith(study)), "")
    of = [study for study, each in CHAPTERS.items() if each == title] or ["*"]
    return title, sum(len([*BUNDLED.glob(f"records/{study}/[!.]*.npz")]) for study in of)


def untitle(source: nodes.Element) -> None:
    """Its name is on the fold: the line that gives it need not stand in the code as well."""
    for block in source.findall(nodes.literal_block):
        first, _, rest = block.astext().partition("\n")
        if first.startswith(TITLE):
            block.rawsource, block.children = rest, []
            block += nodes.Text(rest)


def caption(cell: nodes.Element, records: str, count: int) -> None:
    """Make one figure of a cell's output, the caption that follows it, and the folded code.

    It leads to the chapter's rows of the list of records; where it does not do so itself, a link
    says how many these are.
    """
    words = cell.next_node(descend=False, siblings=True)
    begins = isinstance(words, nodes.paragraph) and words.astext().startswith(CAPTION)
    if not begins or cell[-1].get("nb_element") != "cell_code_output":
        return
    for link in words.findall(nodes.reference):
        if link.get("refuri", "").endswith(FEED):
            link["refuri"] = records
    known = "records" in words.astext()
    more = "" if known else f' · <a href="{records}">all {count:,} records</a> '
    output, links = cell[-1], [raw(more)]
    if cell.get("hide_mode") == "input":
        name = escape(cell["prompt_show"])
        links += [raw(f'<details class="code"><summary title="{name}">code</summary>'), cell[0],
                  raw("</details>")]  # fmt: skip
        cell["hide_mode"], cell.children = "", []
    cell.remove(output) if output in cell else None
    words.parent.remove(words)
    cell += [raw('<figure class="shown">'), output, raw("<figcaption>"), words, *links,
             raw("</figcaption></figure>")]  # fmt: skip


def picture_first(cells: list[nodes.Element]) -> None:
    """Move the folded cells before the first picture behind it, if it is in the same section."""
    silent = list(takewhile(lambda cell: cell.get("hide_mode") and len(cell) == 1, cells))
    if len(silent) == len(cells) or len({cell.parent for cell in cells[: len(silent) + 1]}) > 1:
        return
    shown = cells[len(silent)]
    for cell in silent:
        cell.parent.remove(cell)
    after = shown.parent.index(shown) + 1
    shown.parent.insert(after, silent)


def setup(app):
    """Sphinx's entry point."""
    app.add_post_transform(Captions)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
