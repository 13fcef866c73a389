"""A sheet to draw a digit on, and what small networks make of it while it is drawn."""

import io
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
import traitlets
from PIL import Image
from torch import Tensor

from mislabel_utils.learning import inference
from mislabel_utils.learning.datasets import Split
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.live import Live, joined
from mislabel_utils.live.weights import Compact

EACH = 2  # examples of each digit
CALLED = 60  # garments of each label, or as many as there are
ACROSS = 20  # of them in a row of the sheet they come on
GREYS = 16  # of its pixels


class DrawADigit(Live):
    """What the browser needs: everything is computed there, with a kernel or without.

    Attributes
    ----------
    networks : bytes of each, see `Compact.packed`, by role: "teacher", "student", "control"
    shapes : of the weights of their layers
    normalization : mean and standard deviation of the pixels that they expect
    examples : uint8 (n, 28, 28) as bytes
    labels : n digits
    garments : "called", m labels, a digit each; "features", uint8 (m, 128) as bytes, what the
        student's last layer sees of each; "sheet", a PNG of them all; or empty
    hero : the small form: no asking which digit was drawn
    """

    _esm = joined("paper.js", "digits.js")
    _css = joined("live.css", "paper.css", "digits.css")
    networks = traitlets.Dict().tag(sync=True)
    shapes = traitlets.List().tag(sync=True)
    normalization = traitlets.List().tag(sync=True)
    examples = traitlets.Bytes().tag(sync=True)
    labels = traitlets.List().tag(sync=True)
    garments = traitlets.Dict().tag(sync=True)
    hero = traitlets.Bool().tag(sync=True)


def draw_a_digit(
    networks: Mapping[str, Compact],
    test: Split,
    clothes: TrainingSet | None = None,
    *,
    hero: bool = False,
) -> DrawADigit:
    """The view of a teacher, a student and a control.

    The examples are the first two of each digit among MNIST's test images that are here, in the
    small form (`hero`) the first. With the clothes that the student was trained on the view shows
    which of these its last layer sees next to a drawing, among the first sixty of each label.
    """
    rows = first_of_each(test.labels[test.index], 1 if hero else EACH)
    (mean,), (std,) = test.normalization.mean, test.normalization.std
    return DrawADigit(
        networks={role: network.packed for role, network in networks.items()},
        shapes=networks["student"].shapes,
        normalization=[mean, std],
        examples=test.images[rows].numpy().tobytes(),
        labels=test.labels[test.index][rows].tolist(),
        garments={} if clothes is None else _garments(networks["student"], clothes),
        hero=hero,
    )


def first_of_each(labels: Tensor, count: int) -> Tensor:
    """Positions in `labels`: the first of each class, then the second, and so on."""
    each = [(labels == label).nonzero().squeeze(1)[:count] for label in range(10)]
    padded = [F.pad(rows, (0, count - len(rows)), value=-1) for rows in each]
    rows = torch.stack(padded, dim=1).flatten()
    return rows[rows >= 0]


def _garments(student: Compact, clothes: TrainingSet) -> dict[str, Any]:
    split = clothes.split
    labels = clothes.labels[split.index]
    rows = first_of_each(labels, CALLED)
    images = split.images[rows]
    seen = F.normalize(inference.features(student.network(), images, split.normalization))
    return {
        "called": "".join(map(str, labels[rows].tolist())),
        "features": (seen / seen.max() * 255).round().byte().numpy().tobytes(),
        "sheet": _sheet(images[:, 0]),
    }


def _sheet(images: Tensor) -> bytes:
    """Images uint8 (m, 28, 28) side by side, dark on white, as a PNG of few greys."""
    side, missing = images.shape[-1], -len(images) % ACROSS
    rows = F.pad(images, (0, 0, 0, 0, 0, missing)).unflatten(0, (-1, ACROSS))
    whole = rows.permute(0, 2, 1, 3).reshape(-1, ACROSS * side)
    levels = (whole.float() / 255 * (GREYS - 1)).round().byte()
    picture = Image.fromarray(levels.numpy(), "P")
    greys = [255 - 255 * level // (GREYS - 1) for level in range(GREYS)]
    picture.putpalette([grey for grey in greys for _ in range(3)])
    stream = io.BytesIO()
    picture.save(stream, "PNG", bits=4, optimize=True)
    return stream.getvalue()
