"""A field to draw a digit on, and what two networks make of it while it is drawn."""

from __future__ import annotations

import torch
import traitlets

from mislabel_utils.learning.datasets import Split
from mislabel_utils.live import Live, joined
from mislabel_utils.live.weights import Compact

EACH = 2  # examples of each digit


class DrawADigit(Live):
    """What the browser needs: everything is computed there, with a kernel or without.

    Attributes
    ----------
    teacher, student : bytes of the networks, see `Compact.packed`
    shapes : of the weights of their layers
    normalization : mean and standard deviation of the pixels that they expect
    examples : uint8 (n, 28, 28) as bytes
    labels : n digits
    """

    _esm = joined("paper.js", "digits.js")
    _css = joined("live.css", "paper.css", "digits.css")
    teacher = traitlets.Bytes().tag(sync=True)
    student = traitlets.Bytes().tag(sync=True)
    shapes = traitlets.List().tag(sync=True)
    normalization = traitlets.List().tag(sync=True)
    examples = traitlets.Bytes().tag(sync=True)
    labels = traitlets.List().tag(sync=True)


def draw_a_digit(teacher: Compact, student: Compact, test: Split) -> DrawADigit:
    """The view.

    Parameters
    ----------
    teacher, student : of the same shape, see `weights.compact`
    test : MNIST's test images, standardised as the networks are tested; the examples are the
        first two of each digit among those that are here

    Raises
    ------
    ValueError
        When the two networks differ in shape.
    """
    if teacher.shapes != student.shapes:
        raise ValueError("Teacher and student have different layers: draw_a_digit wants one shape.")
    rows = first_of_each(test, EACH)
    (mean,), (std,) = test.normalization.mean, test.normalization.std
    return DrawADigit(
        teacher=teacher.packed,
        student=student.packed,
        shapes=teacher.shapes,
        normalization=[mean, std],
        examples=test.images[rows].numpy().tobytes(),
        labels=test.labels[test.index][rows].tolist(),
    )


def first_of_each(split: Split, count: int) -> torch.Tensor:
    """Positions in `split.images`: the first of each class, then the second, and so on."""
    labels = split.labels[split.index]
    each = [(labels == label).nonzero().squeeze(1)[:count] for label in range(len(split.classes))]
    return torch.stack(each, dim=1).flatten()
