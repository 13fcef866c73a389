"""The strip of a chapter says the same in a picture and in words."""

from xml.etree import ElementTree

import pytest

from mislabel_utils.showing.schematic import KINDS, strip


@pytest.mark.parametrize("kind", KINDS)
def test_a_strip_says_its_kind_in_picture_and_words(kind):
    shown = strip(kind)
    picture = ElementTree.fromstring(shown._repr_html_().replace("<br>", "<br/>"))  # well formed
    for part in KINDS[kind]:
        assert part in "".join(picture.itertext()) and part in repr(shown)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"No kind 'shoes': the kinds are .*clothes"):
        strip("shoes")
