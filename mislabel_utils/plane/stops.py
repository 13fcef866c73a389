"""Where an adversarial example stops on its way, with everything else held fixed.

Each example is moved back along the straight way that led to it, and the same student is trained on
what comes out: does it matter how far beyond the border, and in which region, an example lies?
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from mislabel_utils.lab import Lab
from mislabel_utils.learning.attacks import LInf, grid_search
from mislabel_utils.plane import experiment, networks
from mislabel_utils.plane.experiment import Lesson, Setting
from mislabel_utils.plane.networks import Nets, in_chunks, predict

PROTOCOL = 1
PLACES = 300  # on each way: a step of a thousandth of the square's side in a ball of radius 0.3


@dataclass(frozen=True)
class Ways:
    """The straight ways from points to their adversarial examples, in steps of equal length.

    Attributes
    ----------
    points, kept : float32 (R, n, 2), where each way begins and ends
    sureness : float32 (R, n, PLACES), logit of the flipped label minus that of the point's own at
        each place
    flipped : bool (R, n), the ways that count: at their ends the teacher says the flipped label
    """

    points: Tensor
    kept: Tensor
    sureness: Tensor
    flipped: Tensor

    @classmethod
    def of(cls, given: Lesson) -> Ways:
        """The ways of a lesson's attack."""
        share = torch.arange(1, PLACES + 1) / PLACES

        @torch.no_grad()
        def along(rows: slice) -> Tensor:
            start, end = given.points[rows], given.adversarial[rows]
            places = torch.lerp(start[..., None, :], end[..., None, :], share[:, None])
            logits = given.teachers[rows](places.flatten(1, 2)).unflatten(1, places.shape[1:3])
            sign = 1.0 - 2.0 * given.labels[rows]
            return (logits[..., 1] - logits[..., 0]) * sign[..., None]

        sureness = torch.cat(in_chunks(along, len(given.teachers)))
        return cls(given.points, given.adversarial, sureness, given.flipped)

    @property
    def beyond(self) -> Tensor:
        """Where the teacher says the flipped label, bool (R, n, PLACES): the kept place always."""
        said = self.sureness > 0
        said[..., -1] |= self.flipped
        return said

    def border(self) -> Tensor:
        """The first place beyond a border, int64 (R, n)."""
        return self.beyond.int().argmax(-1)

    def first_region(self) -> Tensor:
        """The places between the first border and the next, bool (R, n, PLACES)."""
        said = self.beyond.int()
        crossings = said.diff(dim=-1, prepend=torch.zeros_like(said[..., :1])).abs().cumsum(-1)
        return crossings == 1

    def surest(self) -> Tensor:
        """Where in the first region the teacher is most sure of the flipped label, int64 (R, n)."""
        outside = ~self.first_region()
        return self.sureness.masked_fill(outside, -torch.inf).argmax(-1)

    def deep(self, depth: float) -> Tensor:
        """The place `depth` (L-inf) beyond the first border, in the first region, int64 (R, n)."""
        step = self.length() / PLACES
        last = self.border() + self.first_region().sum(-1) - 1
        wanted = self.border() + (depth / step.clamp(min=1e-9)).round().long()
        return torch.minimum(wanted, last.clamp(min=0))

    def length(self) -> Tensor:
        """L-inf length of each way, float32 (R, n)."""
        return (self.kept - self.points).abs().amax(-1)

    def at(self, place: Tensor) -> Tensor:
        """Coordinates, float32 (R, n, 2), of one place on each way."""
        return torch.lerp(self.points, self.kept, ((place + 1) / PLACES)[..., None])


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
    start, draws = experiment.extent(lab, block)
    config = experiment.configuration("stops") | {
        "protocol": [experiment.PROTOCOL, PROTOCOL],
        "draws": [start, draws],
        "radii": list(radii),
        "depths": list(depths),
        "places": PLACES,
    }

    def compute() -> dict[str, np.ndarray]:
        arms = _arms(range(start, start + draws), radii, depths)
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
        ways = Ways.of(kept)
        flipped[radius] = kept.flipped
        yield f"kept-{radius:g}", experiment.outcome(kept) | _described(kept, ways)
        yield f"border-{radius:g}", _taught(kept, ways.at(ways.border()))
        yield f"region-{radius:g}", _taught(kept, ways.at(ways.surest()))
    common = kept.flipped & flipped[Setting().epsilon]
    yield f"common-{radius:g}", _taught(kept, kept.adversarial, common)
    for depth in depths:
        yield f"depth-{depth:g}", _taught(kept, ways.at(ways.deep(depth)))


def _taught(given: Lesson, places: Tensor, taught: Tensor | None = None) -> dict[str, np.ndarray]:
    """The outcome of a lesson with the examples put elsewhere."""
    taught = given.taught if taught is None else taught
    students = Nets.initial(given.replicas, given.setting.width, "student")
    students = networks.train(students, places, 1 - given.labels, taught)
    changed = {"adversarial": places, "taught": taught, "students": students}
    return experiment.outcome(replace(given, **changed))


def _described(kept: Lesson, ways: Ways) -> dict[str, np.ndarray]:
    count = kept.flipped.sum(1).clamp(min=1)
    depth = (1 - (ways.border() + 1) / PLACES) * ways.length()
    further = kept.flipped & ~ways.first_region()[..., -1]
    found = {"beyond": (depth * kept.flipped).sum(1) / count, "further": further.sum(1)}
    if kept.setting == Setting():
        found["missed"] = _missed(kept)
    return experiment.compact(**found)


def _missed(kept: Lesson) -> Tensor:
    """How many points were not flipped although a place in their ball does it, int64 (R,)."""

    def search(rows: slice) -> Tensor:
        ball = LInf(kept.setting.epsilon)
        return grid_search(kept.teachers[rows], kept.points[rows], kept.labels[rows], ball)

    reachable = torch.cat(in_chunks(search, len(kept.teachers)))
    fitted = predict(kept.teachers, kept.points) == kept.labels
    return (reachable & fitted & ~kept.flipped).sum(1)
