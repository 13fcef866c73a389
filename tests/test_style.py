"""The style sheet: the colours that carry a meaning can be read, in both themes."""

import re

import pytest
from set_url import ROOT

SHEET = (ROOT / "book" / "_static" / "custom.css").read_text("utf-8")
ROLES = ("ink", "quiet", "teacher", "student", "control", "published", "chance", "stranger")


def variables(selector: str) -> dict[str, str]:
    (block,) = re.findall(rf"^{re.escape(selector)} {{(.*?)}}", SHEET, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"--([\w-]+): ([^;]+);", block))


LIGHT = variables("html")
THEMES = {"light": LIGHT, "dark": LIGHT | variables('html[data-theme="dark"]')}


def luminance(theme: dict[str, str], name: str) -> float:
    """Of a colour, as WCAG 2 defines it."""
    value = theme[name]
    if reference := re.fullmatch(r"var\(--([\w-]+)\)", value):
        return luminance(theme, reference[1])
    digits = value[1:] if len(value) == 7 else "".join(2 * digit for digit in value[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["paper", "card"])
@pytest.mark.parametrize("role", ROLES)
def test_roles_can_be_read_as_text(theme, ground, role):
    values = sorted(luminance(THEMES[theme], name) for name in (ground, role))
    assert (values[1] + 0.05) / (values[0] + 0.05) >= 4.5
