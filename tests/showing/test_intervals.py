"""Intervals are counted where they are read."""

import nbformat
import pytest

from mislabel_utils.showing.intervals import Count, count, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("91.20 % [90.10, 92.30]", Count(intervals=1)),
        ("-0.63 points [-1.26, 0.01], 10 seeds | no | -2.74 to 1.49 points | x", Count(1, 1)),
        ("16,842 images (16,551 to 17,184)", Count(ranges=1)),
        ("+0.92 (+0.8 to +1.0), −0.4 (−1.0 to 0.3)", Count(ranges=2)),
        ("median 22 of 32 | yes | 16 to 27 of 32 | compatible", Count(next_runs=1)),
        ("seeds 0 to 9 [see below], a list [1]", Count()),
    ],
)
def test_count(text, expected):
    assert count(text) == expected


def test_a_page_is_counted_by_section_as_it_is_read(tmp_path):
    def glue(name, value):
        return nbformat.v4.new_output(
            "display_data",
            {"application/papermill.record/text/plain": value},
            metadata={"scrapbook": {"name": name}},
        )

    def cell(*outputs, tags=()):
        made = nbformat.v4.new_code_cell("x", metadata={"tags": list(tags)})
        made.outputs = list(outputs)
        return made

    table = nbformat.v4.new_output("execute_result", {"text/plain": "1 [0, 2]\n3 (2 to 4)"})
    stream = nbformat.v4.new_output("stream", text="5 [4, 6]\n")
    cells = [
        nbformat.v4.new_markdown_cell("# Title\n\nIt is {glue:text}`a`, and {glue:text}`plain`."),
        cell(glue("a", "'1 [0, 2]'"), glue("unused", "'1 [0, 2]'"), glue("plain", "'7'")),
        cell(table, tags=["remove-cell"]),
        nbformat.v4.new_markdown_cell("## One\n\n{glue:text}`a`, {glue:text}`a`\n\n## Two"),
        nbformat.v4.new_markdown_cell("It is <!--=b-->1 [0, 2]<!--/-->, [x, y]."),
        cell(table, stream, tags=["hide-input"]),
    ]
    path = tmp_path / "page.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert shown(path) == {"": Count(1), "One": Count(2), "Two": Count(intervals=3, ranges=1)}
