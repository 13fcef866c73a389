"""A long table is searched and sorted in the page, and is all there without a script."""

import re

import pandas as pd

from mislabel_utils.report.listing import listing

FRAME = pd.DataFrame({"Condition": ["D_det <&>", "D_rand", "shuffled"], "Share": ["9", "-0", "-2"]})


def test_it_is_all_there_in_words_and_without_a_script():
    shown = listing(FRAME, "conditions")
    assert repr(shown) == "3 conditions: Condition, Share"
    html = shown._repr_html_().partition("<script>")[0]
    assert html.count("<tr>") == 4 and "D_det &lt;&amp;&gt;" in html


def test_without_its_sheet_it_is_no_longer_than_a_screen(browser):
    """In a notebook that was not run the records were 190 screens."""
    page, many = browser.new_page(), pd.DataFrame({"Condition": range(350)})
    html = listing(many, "conditions").html
    page.set_content(re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL))
    assert page.get_by_role("region").bounding_box()["height"] < 700
    page.close()


def test_it_is_searched_and_sorted(browser):
    page = browser.new_page()
    page.set_content(listing(FRAME, "conditions")._repr_html_())
    column = page.locator("td:nth-child(2):visible")
    page.get_by_role("button", name="Share").click()
    assert column.all_inner_texts() == ["−2", "0", "9"]
    page.evaluate("document.addEventListener('keydown', ({ key }) => (window.command = key))")
    page.get_by_role("region").press("ArrowDown")
    assert page.evaluate("window.command") is None, "the notebook's command, to the next cell"
    page.get_by_role("button", name="Share").press("Enter")
    assert column.all_inner_texts() == ["9", "0", "−2"]
    field = page.get_by_role("searchbox", name="Search the conditions")
    field.fill("rand d_")
    assert column.all_inner_texts() == ["0"]
    assert page.get_by_text("1 of 3 rows").is_visible()
    field.fill("nobody")
    assert page.get_by_text("0 of 3 rows: none has all of these words").is_visible()
    page.close()
