"""Figures: real text, the page's colours, words for those who do not see them."""

import re
from base64 import b64decode
from itertools import pairwise
from xml.etree import ElementTree

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mislabel_utils.report import figures, style

ALT = "Three dots, “one” to the left & two to the right"
NETWORKS = pd.DataFrame(
    [("student of clothes", "student", 0.95), ("student of clothes", "student", 0.97),
     ("labels shuffled", "control", 0.1)],
    columns=["name", "role", "accuracy"],
)  # fmt: skip
MEANS = NETWORKS[1:].assign(x=1, mean=[20, 4], low=[19, 3], high=[21, 5])
IMAGES = torch.arange(6 * 28 * 28).reshape(6, 1, 28, 28).to(torch.uint8)
SHARES = pd.DataFrame([[0.9, 0.1], [0.005, 0.995]], index=["Bag", "Coat"])
NUMBERS = pd.DataFrame([[31.6, -0.2], [float("nan"), -40]], index=["all", "some"])
DRAWN = {
    "seeds": lambda: figures.seeds(NETWORKS, ALT, {"student of clothes": 91.04}, chance=11.4),
    "matrix": lambda: figures.matrix(SHARES, ALT, "digit"),
    "stacked": lambda: figures.stacked(SHARES, ALT, "answers, %", (style.TEXT, style.GRID)),
    "heatmaps": lambda: figures.heatmaps(
        {"Photographs": NUMBERS, "Clothes": NUMBERS}, ALT, "points", "step"
    ),
    "curves": lambda: figures.curves(
        MEANS, ALT, {"guessing": (11.4, "chance")}, "radius", log=True
    ),
    "draws": lambda: figures.seeds(
        pd.concat([NETWORKS] * 60), ALT, chance=16, xlabel="points right", limits=(0, 32), scale=32
    ),
    "pictures": lambda: figures.pictures(IMAGES, ["“2”\nBag, 54 %"] * 6, ALT),
    "picture_rows": lambda: figures.picture_rows({"a 4": IMAGES[:3], "a 9": IMAGES[:2]}, ALT),
}
SAYS = {
    "seeds": {"student of clothes", "96 %", "guessing", "published 91.04 %", figures.ACCURACY},
    "stacked": {"Bag", "90", "10", "0", "1", "answers, %"},
    "matrix": {"Bag", "90", "100", "digit"},
    "heatmaps": {"Photographs", "all", "+32", "0", "–", "−40", "points", "step"},
    "curves": {"student of clothes", "labels shuffled", "guessing", "radius", "1"},
    "draws": {"student of clothes", "30.7", "labels shuffled", "3.2", "guessing", "points right"},
    "pictures": {"“2”", "Bag, 54 %"},
    "picture_rows": {"a 4", "a 9"},
}


@pytest.fixture(scope="module", params=DRAWN)
def drawn(request):
    """A figure's name, and what a cell would show of it."""
    return request.param, DRAWN[request.param]()._repr_mimebundle_()


def test_a_figure_is_svg_png_and_words(drawn):
    _, (data, metadata) = drawn
    assert b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == metadata["image/svg+xml"]["alt"] == ALT
    assert ALT in data["text/plain"]
    assert ElementTree.fromstring(data["image/svg+xml"]).get("aria-label") == ALT


def test_text_is_text_and_large_enough_for_a_phone(drawn):
    name, (data, _) = drawn
    root = ElementTree.fromstring(data["image/svg+xml"])
    texts = {"".join(element.itertext()).strip() for element in root.iterfind(".//{*}text")}
    assert texts >= SAYS[name]
    sizes = re.findall(r"font(?:-size)?: [^;\"]*?([\d.]+)px", data["image/svg+xml"])
    column = 336  # of a figure, on a screen of 390 pixels: test_site measures it
    assert min(map(float, sizes)) * column / float(root.get("width")) >= 11


def test_colours_are_the_pages(drawn):
    _, (data, _) = drawn
    svg = data["image/svg+xml"]
    assert "var(--fig-paper, #ffffff)" in svg
    bare = set(re.findall(r"(?<!, )#[0-9a-f]{6}\b", svg))
    assert not bare, "a colour that does not follow the theme"


def test_the_same_figure_is_the_same_file():
    first, second = (DRAWN["seeds"]()._repr_mimebundle_()[0] for _ in range(2))
    assert first == second


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8), st.floats(0.5, 10))
def test_names_keep_apart(values, gap):
    inputs = figures.apart(values, gap)
    pairs = sorted(zip(values, inputs, strict=True))
    placed = [place for _, place in pairs]
    assert all(b - a >= gap - 1e-6 for a, b in pairwise(placed))
    assert sum(placed) == pytest.approx(sum(values), abs=1e-6)
