"""*Thirty-two points*: the experiment in the unit square, two thousand times.

A seed is a block of 250 draws. All blocks measure two widths with their controls; the first also
other radii, numbers and widths, and two that no other radius was tried on ask where points stop.
"""

from typing import Any

from mislabel_utils.lab import Lab
from mislabel_utils.plane.experiment import BLOCK, Setting, exhibit, exhibits, measure
from mislabel_utils.plane.stops import stopped
from mislabel_utils.studies import Arm

SEEDS = range(8)  # blocks of 250 draws
COMPARED = (64, 32)  # widths of the networks
PUBLISHED = 0.12
MEDIAN = 1463  # see `report.plane.median_draw`: the draw that the chapter looks at
ARMS: dict[str, Arm] = {}  # its networks are trained by the hundred, and have no record each


class Protocol:
    """What a scale makes of the protocol."""

    def __init__(self, scale: str) -> None:
        quick = scale == "quick"
        self.radii = (0.0, 0.3) if quick else (0.0, 0.03, 0.06, 0.09, 0.15, 0.2, 0.25, 0.3)
        self.counts = (8,) if quick else (8, 16, 64)
        self.widths = (16,) if quick else (16, 128)
        self.draws = (0, 1) if quick else (0, 1, 2, 3)  # of the exhibits
        self.shown = (0.06, 0.12) if quick else (0.03, 0.06, 0.12, 0.2, 0.3)  # radii of these
        self.stops = (0,) if quick else (1, 2)  # blocks
        self.stop_radii = (0.12, 0.3) if quick else (0.06, 0.12, 0.2, 0.3)
        self.depths = (0.04,) if quick else (0.01, 0.02, 0.04, 0.08)

    def settings(self) -> dict[str, Setting]:
        """One knob at a time; "-all" keeps the points that the attack did not move across."""
        radii = {f"epsilon-{e:g}": Setting(epsilon=e) for e in self.radii}
        every = {
            f"epsilon-{e:g}-all": Setting(epsilon=e, flipped_only=False)
            for e in (*self.radii, PUBLISHED)
        }
        counts = {f"points-{n}": Setting(count=n) for n in self.counts}
        widths = {f"width-{w}": Setting(width=w) for w in self.widths}
        return radii | every | counts | widths


def load(lab: Lab) -> None:
    """The square needs no data."""


def experiment(lab: Lab, seed: int) -> dict[str, Any]:
    """What is measured of a block of draws, by arm."""
    protocol = Protocol(lab.scale)
    runs = {
        f"width-{width}": measure(lab, f"width-{width}", Setting(width=width), seed, compared=True)
        for width in COMPARED
    }
    if seed == 0:
        for arm, setting in protocol.settings().items():
            runs[arm] = measure(lab, arm, setting, seed)
        runs[f"epsilon-{PUBLISHED:g}"] = runs["width-64"]  # the very same
        runs["exhibits"] = exhibits(lab, protocol.draws, protocol.shown)
    if seed == MEDIAN // BLOCK:
        runs["exhibit"] = exhibit(lab, MEDIAN)
    if seed in protocol.stops:
        runs |= stopped(lab, seed, protocol.stop_radii, protocol.depths)
    return runs
