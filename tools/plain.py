"""A notebook is readable as a notebook: its Markdown is plain, and its numbers stand in it.

Colab, GitHub, JupyterLab and the page all render the same CommonMark. A number in the prose stands
between two comments, `<!--=name-->56 %<!--/-->`, which none of them shows in the middle of a line;
one that begins a line would make raw HTML of the whole line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
from markdown_it import MarkdownIt
from markdown_it.token import Token

MARK = re.compile(r"<!--=([^<>]+?)-->((?:(?!<!--).)*)<!--/-->")
MEANT = re.compile(r"<!--\s*[=/][^>]*>")  # for one; where no mark can be read, nobody fills it
# What a list item or a quotation puts before its first word is no text yet.
BEGINS_A_LINE = re.compile(r"^[ \t]*(?:(?:[-+*>]|\d+[.)])[ \t]*)*<!--=([^<>]+?)-->", re.MULTILINE)
FOLD = re.compile(r"<details>\s*(<summary>[^\n]*</summary>)?|<summary>[^\n]*</summary>|</details>")
ONLY_SPHINX = {
    "a target": r"^\([\w:-]+\)=",
    "a directive": r"^:{3,}\s*\{",
    "a comment of MyST": r"^%\s",
    "a block break": r"^\+\+\+",
    "a substitution": r"\{\{",
    "a footnote": r"\[\^[\w-]+\]",
}
CAPTION, TITLE = "<small>", "# @title "
FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
TEXTS = ("text", "code_inline")
PICTURES = ("image/svg+xml", "image/png", "image/jpeg")


def fill(notebook: nbformat.NotebookNode, values: Mapping[str, str]) -> None:
    """Write the values between their marks; of a table, `name.column.row`, any will do.

    Raises
    ------
    ValueError
        For a mark without a value, a value without a mark, or a mark that begins a line.
    """
    used = set()

    def write(mark: re.Match[str]) -> str:
        used.add(mark[1])
        text = values.get(mark[1], mark[2]).replace(" %", "\N{NO-BREAK SPACE}%")
        return f"<!--={mark[1]}-->{text}<!--/-->"

    for cell in markdown(notebook):
        if first := BEGINS_A_LINE.search(cell.source):
            raise ValueError(f"{first[1]} begins a line, which makes raw HTML of it: move it.")
        cell.source = MARK.sub(write, cell.source)
        if broken := MEANT.search(MARK.sub("", cell.source)):
            raise ValueError(f"{broken[0]} is no mark, or a part of one: <!--=name-->5<!--/-->")
    said, given = ({name.partition(".")[0] for name in names} for names in (used, values))
    for names, fault in ((used - set(values), "marked, and not computed"),
                         (given - said, "computed, and not in the prose")):  # fmt: skip
        if names:
            raise ValueError(f"{', '.join(sorted(names))}: {fault}")


def name_folds(notebook: nbformat.NotebookNode) -> None:
    """Fold in JupyterLab and Colab too what the page folds or leaves out, under its own name."""
    for cell in notebook.cells:
        name = title(cell)
        if name and not FOLDED.isdisjoint(cell.metadata.get("tags", ())):
            cell.metadata.setdefault("jupyter", {})["source_hidden"] = True
            cell.metadata["cellView"] = "form"
            mystnb = cell.metadata.setdefault("mystnb", {})
            mystnb |= {"code_prompt_show": name, "code_prompt_hide": name}


def title(cell: nbformat.NotebookNode) -> str:
    """What Colab calls a cell: its first line after `# @title`; empty where it has none."""
    first = cell.source.partition("\n")[0]
    return first.removeprefix(TITLE).strip() if first.startswith(TITLE) else ""


def markdown(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def tokens(source: str) -> Iterator[Token]:
    """Of CommonMark with tables, blocks and what stands in them, one after the other."""
    for token in MarkdownIt("commonmark").enable("table").parse(source):
        yield token
        yield from token.children or ()


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and MyST make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@cache
def headings(path: Path) -> frozenset[str]:
    """The anchors of a notebook or a Markdown file."""
    sources = [path.read_text("utf-8")]
    if path.suffix == ".ipynb":
        sources = [cell.source for cell in markdown(nbformat.read(path, as_version=4))]
    found = set()
    for source in sources:
        heading = False
        for token in tokens(source):
            if token.type == "inline" and heading:
                found.add(slug("".join(t.content for t in token.children if t.type in TEXTS)))
            heading = token.type == "heading_open"
    return frozenset(found)


def faults(path: Path) -> list[str]:
    """What a reader without Sphinx would stumble over in a notebook, each with its cell."""
    notebook = nbformat.read(path, as_version=4)
    found = []
    for number, cell in enumerate(notebook.cells):
        following = notebook.cells[number + 1] if number + 1 < len(notebook.cells) else None
        if cell.cell_type == "markdown":
            some = [*foreign(cell.source), *dead_links(cell.source, path)]
        else:
            some = [*unnamed(cell), *without_words(cell, following)]
        found += [f"{path.name}, cell {number}: {fault}" for fault in some]
    return found


def foreign(source: str) -> Iterator[str]:
    """What only Sphinx understands, and raw HTML that is no fold with blank lines around it."""
    before, opened = "", 0
    for token in tokens(source):
        text = token.content
        if token.type == "fence" and token.info.startswith("{"):
            yield f"a directive: {token.info}"
        elif token.type == "code_inline" and re.search(r"\{[\w:.-]+\}$", before):
            yield f"a role: {before[-20:]}`{text}`"
        elif token.type == "html_block":
            opened += text.count("<details>") - text.count("</details>")
            if not FOLD.fullmatch(text.strip()):
                yield f"raw HTML (a mark begins the line, or no blank line beside a fold): {text}"
        elif token.type == "text":
            for what, pattern in ONLY_SPHINX.items():
                if re.search(pattern, text):
                    yield f"{what}: {text}"
        before = text if token.type == "text" else ""
    if opened:
        yield "a fold that is not closed in its cell"


def dead_links(source: str, path: Path) -> Iterator[str]:
    """Links to files that are missing, or to headings that their page has not."""
    for token in tokens(source):
        address = token.attrGet("href") or token.attrGet("src")
        if address is None or urlsplit(address).scheme:
            continue
        parts = urlsplit(address)
        file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not file.is_file():
            yield f"no such file: {address}"
        elif parts.fragment and unquote(parts.fragment) not in headings(file):
            yield f"no such heading: {address}"


def unnamed(cell: nbformat.NotebookNode) -> Iterator[str]:
    """Folded code is named by its first line, which Colab and the page show in its place."""
    if not FOLDED.isdisjoint(cell.metadata.get("tags", ())) and not title(cell):
        yield f"folded, and its first line is not {TITLE}…: {cell.source[:60]}"


def without_words(cell: nbformat.NotebookNode, following: nbformat.NotebookNode | None):
    """A figure has a text for those who do not see it, and a caption, as a table has, below it."""
    shown = [output for output in cell.outputs if "data" in output]
    pictures = [output for output in shown if any(kind in output.data for kind in PICTURES)]
    for output in pictures:
        alt = " ".join(str(each.get("alt", "")) for each in output.metadata.values()
                       if isinstance(each, dict))  # fmt: skip
        if len(alt.split()) < 4:
            yield "a figure without its text in words (alt)"
    tables = [output for output in shown if "<table" in output.data.get("text/html", "")]
    if (pictures or tables) and not (following and following.source.startswith(CAPTION)):
        yield f"no caption below it: a Markdown cell that begins with {CAPTION}"
