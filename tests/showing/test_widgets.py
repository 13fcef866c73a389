"""Sliders and buttons hold what they show, and every picture is described."""

import ipywidgets
import pytest
from IPython.display import Image

from mislabel_utils.plane import figures
from mislabel_utils.showing import widgets


def test_a_picture_is_described_and_needs_no_file():
    html = widgets.picture(figures.canvas()[0], 'of "nothing" <at all>')
    assert 'alt="of &quot;nothing&quot; &lt;at all&gt;"' in html
    assert 'src="data:image/png;base64,' in html


def test_a_stored_picture_is_shown_as_it_is(tmp_path):
    figure = figures.canvas()[0]
    figure.savefig(tmp_path / "stored.png", dpi=90)
    stored = widgets.picture(Image(tmp_path / "stored.png"), "a square")
    assert stored == widgets.picture(figure, "a square", dpi=90)


def test_the_sliders_are_linked_in_the_browser(monkeypatch):
    linked = []
    monkeypatch.setattr(
        ipywidgets, "jslink", lambda source, target: linked.append((source[0], target[0]))
    )
    view = widgets.switcher([["a", "b", "c"], ["d", "e", "f"]], ("y", "01"), ("x", "012"), (1, 2))
    *sliders, shown = view.children
    assert [slider.index for slider in sliders] == [1, 2]
    assert shown.children[shown.selected_index].selected_index == 2
    assert [[each.value for each in row.children] for row in shown.children][1] == ["d", "e", "f"]
    assert linked == [(sliders[0], shown)] + [(sliders[1], row) for row in shown.children]


def test_a_table_with_holes_is_refused():
    with pytest.raises(ValueError, match="one panel for each pair"):
        widgets.switcher([["a", "b"], ["c"]], ("y", "01"), ("x", "01"))


def test_each_press_makes_another():
    made = []
    press, _ = widgets.button("press", made.append).children
    press.click()
    press.click()
    assert made == [0, 1] and not press.disabled


def test_a_press_that_fails_can_be_repeated():
    press, _ = widgets.button("press", lambda number: 1 / 0).children
    press.click()  # ipywidgets logs the error
    assert not press.disabled
