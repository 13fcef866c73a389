"""Which mistakes a student is shown, in the plane: what the page's live view computes, in PyTorch.

Two classes share the unit square along a wavy border. A teacher learns 200 points with their true
labels, for few steps or for many; of 1,000 fresh points it gets some wrong. A student with other
initial weights learns these mistakes and nothing else. The networks are those of `networks`.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mislabel_utils.plane import networks
from mislabel_utils.plane.networks import Nets, Recipe, uniform

PROTOCOL = 1  # raise it when the code changes what is measured: old records then count no more
POINTS, FRESH, WIDTH = 200, 1000, 16
HEIGHT, WAVES = 0.15, 2  # of the border: amplitude, and how many waves cross the square
TEACHERS, STUDENT = (20, 60, 200, 600), 200  # steps
KEPT = ("all", "confident", "timid")
LABELS = ("teacher", "true")


def borders(replicas: Sequence[int]) -> Tensor:
    """How the border is turned and where its waves begin: angles in radians, float32 (R, 2)."""
    return torch.tensor(2 * np.pi * uniform("border", replicas, 2), dtype=torch.float32)


def scattered(replicas: Sequence[int], count: int, stream: str) -> Tensor:
    """Uniform points in the unit square, float32 (R, count, 2)."""
    return torch.tensor(uniform(stream, replicas, count, 2), dtype=torch.float32)


def truth(border: Tensor, points: Tensor) -> Tensor:
    """True classes, int64 (R, n), of points (R, n, 2) or, for all borders alike, (n, 2)."""
    turn, start = border.T[..., None]
    x, y = (points.expand(len(border), -1, -1) - 0.5).unbind(-1)
    along, across = x * turn.cos() + y * turn.sin(), y * turn.cos() - x * turn.sin()
    return (across > HEIGHT * (2 * np.pi * WAVES * along + start).sin()).long()


@torch.no_grad()
def margin(nets: Nets, points: Tensor) -> Tensor:
    """How much surer the networks are of one class than of the other, in logits, (R, n)."""
    return nets(points).diff(dim=-1)[..., 0].abs()


def chosen(wrong: Tensor, margins: Tensor, which: str) -> Tensor:
    """Which of the mistakes `wrong`, bool (R, n), are kept, likewise.

    "all", or "confident" or "timid": the fifth of them with the largest or the smallest `margin`,
    rounded down, but at least one.
    """
    if which == "all":
        return wrong
    order = margins.masked_fill(~wrong, -torch.inf if which == "confident" else torch.inf)
    ranks = order.argsort(1, descending=which == "confident").argsort(1)
    return wrong & (ranks < (wrong.sum(1, keepdim=True) // 5).clamp(min=1))


def learned(students: Nets, points: Tensor, labels: Tensor, kept: Tensor) -> Nets:
    """The students after `STUDENT` steps on the points that are kept, with these labels."""
    most = max(1, int(kept.sum(1).max()))
    rows = kept.to(torch.uint8).argsort(dim=1, descending=True, stable=True)[:, :most]
    shown = points.gather(1, rows[..., None].expand(-1, -1, 2))
    return networks.train(
        students, shown, labels.gather(1, rows), kept.gather(1, rows), Recipe(STUDENT)
    )


def nearest_label(points: Tensor, labels: Tensor, kept: Tensor, asked: Tensor) -> Tensor:
    """The label of the nearest point that is kept, int64 (R, m), at each of the (m, 2) asked."""
    away = torch.cdist(asked.expand(len(points), -1, -1), points)
    return labels.gather(1, away.masked_fill(~kept[:, None], torch.inf).argmin(2))


def measurements(replicas: Sequence[int]) -> dict[str, np.ndarray]:
    """Teachers, their mistakes and the students of these, measured on 2,500 cells of the square.

    Shares in [0, 1], float32, of R draws and T lengths of a teacher's training: ``teacher`` (R, T)
    is right; of the students of K choices of mistakes with L kinds of labels, (R, T, K, L),
    ``right`` and ``agree`` with the teacher; of the nearest mistake's label, (R, T, K), ``vote``
    agrees with the teacher. And ``mistakes``, how many there are, (R, T).
    """
    grid, border = networks.grid(), borders(replicas)
    points = scattered(replicas, POINTS, "points")
    fresh = scattered(replicas, FRESH, "fresh points")
    true, asked = truth(border, fresh), truth(border, grid)
    first, other = (Nets.initial(replicas, WIDTH, who) for who in ("teacher", "student"))
    found: dict[str, list] = {"teacher": [], "mistakes": [], "right": [], "agree": [], "vote": []}
    for steps in TEACHERS:
        teacher = networks.train(first, points, truth(border, points), recipe=Recipe(steps))
        says, heard = networks.predict(teacher, grid), networks.predict(teacher, fresh)
        wrong, margins = heard != true, margin(teacher, fresh)
        answers, votes = [], []
        for which in KEPT:
            kept = chosen(wrong, margins, which)
            taught = [learned(other, fresh, labels, kept) for labels in (heard, true)]
            answers.append(torch.stack([networks.predict(each, grid) for each in taught], -1))
            votes.append(nearest_label(fresh, heard, kept, grid))
        answer = torch.stack(answers, 2)  # (R, m, K, L)
        found["teacher"].append(_share(says, asked))
        found["mistakes"].append(wrong.sum(1).float())
        found["right"].append(_share(answer, asked[..., None, None]))
        found["agree"].append(_share(answer, says[..., None, None]))
        found["vote"].append(_share(torch.stack(votes, 2), says[..., None]))
    return {name: torch.stack(each, 1).numpy() for name, each in found.items()}


def _share(answers: Tensor, wanted: Tensor) -> Tensor:
    """Share of the cells (R, m, ...) that agree."""
    return (answers == wanted).float().mean(1)
