"""Where an adversarial example stops on its way, with everything else held fixed.

Each example is moved back along the straight way that led to it, and the same student is trained on
what comes out: does it matter how far beyond the border, and in which region, an example lies?
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mislabel_utils.lab import Lab
from mislabel_utils.learning.attacks import LInf, grid_search
from mislabel_utils.plane import experiment
from mislabel_utils.plane.experiment import Lesson, Setting
from mislabel_utils.plane.networks import Nets, in_chunks, predict

PROTOCOL = 1
PLACES = 300  # on each way: a step of a thousandth of the square's side in a ball of radius 0.3


def along(given: Lesson) -> Tensor:
    """How sure the teacher is of the flipped label at `PLACES` places of each straight way from a
    point to its adversarial example: logit of that label minus that of the point's own, float32
    (R, n, PLACES)."""
    share = torch.arange(1, PLACES + 1) / PLACES

    @torch.no_grad()
    def sureness(nets: Nets, start: Tensor, end: Tensor, labels: Tensor) -> list[Tensor]:
        places = torch.lerp(start[..., None, :], end[..., None, :], share[:, None])
        logits = nets(places.flatten(1, 2)).unflatten(1, places.shape[1:3])
        sign = 1.0 - 2.0 * labels
        return [(logits[..., 1] - logits[..., 0]) * sign[..., None]]

    return in_chunks(sureness, given.teachers, given.points, given.adversarial, given.labels)[0]


def places(
    sureness: Tensor, flipped: Tensor, length: Tensor, depths: Sequence[float] = ()
) -> list[Tensor]:
    """Places to stop at, counted from 0, each int64 (R, n).

    The first beyond a border; the last before the next border, or the end; where between these two
    the teacher is surest of the flipped label; and so far beyond the first, as far as the last.

    Parameters
    ----------
    sureness : as `along` has it
    flipped : bool (R, n), the ways at whose ends the teacher says that label, whatever is rounded
    length, depths : of each way, float32 (R, n), and numbers, both in L-inf
    """
    beyond = sureness > 0
    beyond[..., -1] |= flipped
    beyond = beyond.int()
    before = torch.zeros_like(beyond[..., :1])
    first = beyond.diff(dim=-1, prepend=before).abs().cumsum(-1) == 1
    border = beyond.argmax(-1)
    last = (border + first.sum(-1) - 1).clamp(min=0)
    surest = sureness.masked_fill(~first, -torch.inf).argmax(-1)
    step = (length / PLACES).clamp(min=1e-9)
    deep = [border + (depth / step).round().long() for depth in depths]
    return [border, last, surest, *(torch.minimum(place, last) for place in deep)]


def at(given: Lesson, place: Tensor) -> Tensor:
    """Coordinates, float32 (R, n, 2), of one place on each way."""
    return torch.lerp(given.points, given.adversarial, ((place + 1) / PLACES)[..., None])


def stopped(
    lab: Lab, block: int, radii: Sequence[float], depths: Sequence[float]
) -> Mapping[str, Mapping[str, np.ndarray]]:
    """Students of examples that stop at different places, trained now or read from the records.

    The arms, by name, for each radius r: "kept-r" as everywhere else, "border-r" just beyond the
    first border on the way, "region-r" where the teacher is surest before the next border. At the
    largest radius r also "common-r", kept but only for points that the ball of 0.12 flips too, and
    "depth-d", at most d beyond the first border. Each arm has the arrays of `experiment.outcome`;
    "kept-r" also ``beyond``, the mean L-inf distance from the first border, and ``further``, how
    many examples lie beyond a second border; "kept-0.12" also ``missed``, how many points were not
    flipped although an exhaustive search of the ball finds a place that does it.
    """
    rows = experiment.draws_of(lab, block)
    config = experiment.configuration(
        "stops", draws=[rows.start, len(rows)], radii=list(radii), depths=list(depths),
        places=PLACES,
    ) | {"protocol": [experiment.PROTOCOL, PROTOCOL]}  # fmt: skip

    def compute() -> dict[str, np.ndarray]:
        arms = _arms(rows, radii, depths)
        return {f"{arm}:{name}": v for arm, found in arms for name, v in found.items()}

    nested: dict[str, dict[str, np.ndarray]] = {}
    for name, values in lab.measure("stops", block, config, compute).items():
        arm, _, what = name.partition(":")
        nested.setdefault(arm, {})[what] = values
    return nested


def _arms(
    rows: range, radii: Sequence[float], depths: Sequence[float]
) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    flipped = {}
    for radius in sorted(radii):
        kept = experiment.lesson(Setting(epsilon=radius), rows)
        length = (kept.adversarial - kept.points).abs().amax(-1)
        border, last, surest, *deep = places(along(kept), kept.flipped, length, depths)
        flipped[radius] = kept.flipped
        beyond = (1 - (border + 1) / PLACES) * length
        further = kept.flipped & (last < PLACES - 1)
        yield f"kept-{radius:g}", experiment.outcome(kept) | _described(kept, beyond, further)
        yield f"border-{radius:g}", _put(kept, adversarial=at(kept, border))
        yield f"region-{radius:g}", _put(kept, adversarial=at(kept, surest))
    common = kept.flipped & flipped[Setting().epsilon]
    yield f"common-{radius:g}", _put(kept, taught=common)
    for depth, place in zip(depths, deep, strict=True):
        yield f"depth-{depth:g}", _put(kept, adversarial=at(kept, place))


def _put(given: Lesson, **elsewhere: Tensor) -> dict[str, np.ndarray]:
    """The outcome of a lesson with the examples put elsewhere, or with others of them."""
    return experiment.outcome(replace(given, **elsewhere))


def _described(kept: Lesson, beyond: Tensor, further: Tensor) -> dict[str, np.ndarray]:
    count = kept.flipped.sum(1).clamp(min=1)
    found = {"beyond": (beyond * kept.flipped).sum(1) / count, "further": further.sum(1)}
    if kept.setting == Setting():
        found["missed"] = _missed(kept)
    return experiment.compact(**found)


def _missed(kept: Lesson) -> Tensor:
    """How many points were not flipped although a place in their ball does it, int64 (R,)."""

    def search(*problem: Any) -> list[Tensor]:
        return [grid_search(*problem, LInf(kept.setting.epsilon))]

    (reachable,) = in_chunks(search, kept.teachers, kept.points, kept.labels)
    fitted = predict(kept.teachers, kept.points) == kept.labels
    return (reachable & fitted & ~kept.flipped).sum(1)
