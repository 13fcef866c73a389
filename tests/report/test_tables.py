"""Tables as a page and as a terminal show them."""

import numpy as np
import pandas as pd

from mislabel_utils.report.tables import Link, Table, interval_text, positive, range_text, span


def test_text_is_escaped_and_links_lead_where_they_say():
    table = Table(["<b>"], [["<i>"], [Link("62.5 %", "https://example.org/?a&b")]])
    html = table._repr_html_()
    assert "<td>&lt;i&gt;</td>" in html
    assert '<a href="https://example.org/?a&amp;b">62.5 %</a>' in html
    assert repr(table).splitlines()[2] == "62.5 % (https://example.org/?a&b)"


def test_texts_of_more_seeds_hold_an_interval_within_what_is_possible():
    # by hand: t with 5 degrees of freedom 2.5706, deviation 51.64, half width 54.19
    assert interval_text([0, 0, 100, 100, 100, 100]) == "66.67 % [12.47, 100.00]"
    assert interval_text([87.5, np.nan, 75, 100]) == "87.50 % (75.00 to 100.00)"
    assert interval_text([np.nan]) == "–"
    assert positive([1, 0, np.nan, -1, 0.1]) == "2 of 4"


def test_a_mean_stands_before_its_range():
    assert range_text([91.06, 90.0, 92.04]) == "91.0 % (90.0 to 92.0)"
    assert range_text([0.5, -0.25], "points", "+.2f") == "+0.12 points (-0.25 to +0.50)"
    assert range_text([1, 2, 3], "", ".0f") == "2 (1 to 3)" and range_text([-0.04], "") == "0.0"
    assert range_text([np.nan, 5, 6]) == "5.5 % (5.0 to 6.0)" and range_text([np.nan]) == "–"
    assert span([0.5, np.nan, 0.25]) == "37.5 % (25.0 to 50.0)" and span([]) == "–"


def test_a_frame_of_texts_begins_with_its_rows_names():
    rows = pd.DataFrame({"who": ["a", "b", "b"], "steps": [1, 2, 2], "right": [0.5, 0.25, 0.75]})
    texts = rows.groupby(["who", "steps"])[["right"]].agg(span, unit="")
    table = Table.of(texts, ("Student", "Steps", "Right, %"))
    assert table.columns == ("Student", "Steps", "Right, %")
    assert table.rows == [["a", "1", "50.0"], ["b", "2", "50.0 (25.0 to 75.0)"]]


def test_markup_in_a_cell_is_text_and_a_verdict_is_marked():
    shown = Table(["A", "B & C"], [["1 < 2", "yes"]])._repr_html_()
    assert '<th scope="col">B &amp; C</th>' in shown
    assert '<td>1 &lt; 2</td><td class="verdict">yes</td>' in shown
