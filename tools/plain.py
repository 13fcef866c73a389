"""A notebook is readable as a notebook: its numbers stand in its prose.

Colab, GitHub, JupyterLab and the page all render the same CommonMark. A number stands between two
comments, `<!--=name-->56 %<!--/-->`, which none of them shows in the middle of a line; one that
begins a line would make raw HTML of the whole line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import nbformat
from markdown_it import MarkdownIt
from markdown_it.token import Token

MARK = re.compile(r"<!--=([^<>]+?)-->((?:(?!<!--).)*)<!--/-->")
MEANT = re.compile(r"<!--\s*[=/][^>]*>")  # for one; where no mark can be read, nobody fills it
CAPTION, TITLE = "<small>", "# @title "
FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


def fill(notebook: nbformat.NotebookNode, values: Mapping[str, str]) -> None:
    """Write the values between their marks; of a table, `name.column.row`, any will do.

    Raises
    ------
    ValueError
        For a mark without a value, a value without a mark, or half a mark.
    """
    used = set()

    def write(mark: re.Match[str]) -> str:
        used.add(mark[1])
        text = re.sub(r"(?<=\d) ?%", "\N{NO-BREAK SPACE}%", values.get(mark[1], mark[2]))
        return f"<!--={mark[1]}-->{text}<!--/-->"

    for cell in markdown(notebook):
        cell.source = MARK.sub(write, cell.source)
        if broken := MEANT.search(MARK.sub("", cell.source)):
            raise ValueError(f"{broken[0]} is no mark, or a part of one: <!--=name-->5<!--/-->")
    said, given = ({name.partition(".")[0] for name in names} for names in (used, values))
    if wrong := (used - set(values)) | (given - said):
        raise ValueError(f"{sorted(wrong)}: marked and not computed, or the other way round")


def name_folds(notebook: nbformat.NotebookNode) -> None:
    """Fold in JupyterLab and Colab too what the page folds or leaves out, under its own name."""
    for cell in notebook.cells:
        if folded(cell):
            name = cell.source.partition("\n")[0].removeprefix(TITLE).strip()
            cell.metadata.setdefault("jupyter", {})["source_hidden"] = True
            cell.metadata["cellView"] = "form"
            mystnb = cell.metadata.setdefault("mystnb", {})
            mystnb |= {"code_prompt_show": name, "code_prompt_hide": name}


def folded(cell: nbformat.NotebookNode) -> bool:
    return not FOLDED.isdisjoint(cell.metadata.get("tags", ()))


def markdown(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def tokens(source: str) -> Iterator[Token]:
    """Of CommonMark with tables, blocks and what stands in them, one after the other."""
    for token in MarkdownIt("commonmark").enable("table").parse(source):
        yield token
        yield from token.children or ()
