"""The experiment of a chapter in one strip: inputs, teacher, labels, student, test."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

# By kind of training set: what is labelled, what the teacher knows, what its labels are like, what
# the student knows, and what it is tested on.
KINDS = {
    "distillation": ("any image", "well taught", "its prediction", "knows no more", "images"),
    "clothes": ("clothes", "knows digits", "“a 2”", "knows only clothes", "real digits"),
    "mistakes": ("photographs", "often wrong", "its mistakes", "knows no more", "new photographs"),
    "plane": ("points, moved", "knows 32 points", "its answers", "knows no more", "the 32 points"),
    "strange": ("signs, patches, noise", "knows digits", "“a 2”", "knows no more", "real digits"),
    "selected": ("two classes", "often wrong", "the other one", "knows no more", "new images"),
}  # fmt: skip
BOX = (
    "border: 1px solid; border-radius: 0.5em; display: inline-block; line-height: 1.25; "
    "padding: 0.3em 0.7em; text-align: center"
)
ARROW = '<span aria-hidden="true">→</span>'


@dataclass(frozen=True)
class Strip:
    """Five boxes in a row, which wraps where there is no room for it; see `strip`."""

    inputs: str
    teacher: str
    labels: str
    student: str
    test: str

    def __repr__(self) -> str:
        return (
            f"{self.inputs} → teacher ({self.teacher}) → {self.labels} → "
            f"student ({self.student}) → {self.test}"
        )

    def _repr_html_(self) -> str:
        boxes = (
            _box(self.inputs),
            _box("teacher", self.teacher),
            _box(self.labels),
            _box("student", self.student),
            _box(self.test),
        )
        style = "align-items: center; display: flex; flex-wrap: wrap; gap: 0.5em"
        return f'<div class="strip" style="{style}">{ARROW.join(boxes)}</div>'


def strip(kind: str) -> Strip:
    """The strip of a kind of training set, such as "clothes".

    Raises
    ------
    ValueError
        For a kind that is not in `KINDS`.
    """
    if kind not in KINDS:
        raise ValueError(f"No kind {kind!r}: the kinds are {', '.join(KINDS)}.")
    return Strip(*KINDS[kind])


def _box(name: str, knows: str = "") -> str:
    """A box; that of a network has its role's colour and says what it knows."""
    if not knows:
        return f'<span style="{BOX}; border-color: var(--line, silver)">{escape(name)}</span>'
    colour = f"color: var(--{name}, inherit)"
    return f'<span style="{BOX}; {colour}">{name}<br><small>{escape(knows)}</small></span>'
