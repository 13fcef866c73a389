"""The argument's picture lights what it is asked to, and says so in words."""

from xml.etree import ElementTree

import pytest

from mislabel_utils.showing.schematic import LIT, PARTS, Schematic


@pytest.mark.parametrize("lit", [(), ("clothes",), ("adversarial", "plane")], ids=len)
def test_lit_parts_stand_out_in_picture_and_words(lit):
    shown = Schematic(*lit)
    html = shown._repr_html_()
    picture = ElementTree.fromstring(html)  # well formed
    assert html.count(LIT) == len(lit)
    marked = [line for line in repr(shown).splitlines() if line.startswith(">")]
    assert len(marked) == len(lit)
    assert all(PARTS[name].places in " ".join(marked) for name in lit)
    assert picture.get("role") == "img" and "student" in picture.get("aria-label")


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match=r"No part \['shoes'\]: the parts are .*clothes"):
        Schematic("shoes")
