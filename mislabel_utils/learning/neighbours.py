"""What the nearest pictures of a training set say of others, before anything is trained on it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mislabel_utils.learning.datasets import Split
from mislabel_utils.learning.inference import standardised
from mislabel_utils.learning.pinned import pinned

PROTOCOL = 1  # raise it when the code changes what a vote is: old records then count no more
VOTERS = 11
CHUNK = 500  # of the pictures asked about: bounds the memory that distances take


def pixels(split: Split) -> Tensor:
    """Each image as its standardised pixels, float32 (N, C * H * W)."""
    return standardised(split.images, split.normalization).flatten(1)


@pinned()
def vote(asked: Tensor, shown: Tensor, labels: Tensor, voters: int = VOTERS) -> Tensor:
    """The commonest label among the nearest of the pictures shown.

    Of labels that are equally common, that of the nearest picture if it is among them, else the
    lowest class.

    Parameters
    ----------
    asked, shown : float32 (Q, D) and (N, D); near is what is near in Euclid's distance
    labels : int64 (N,), of the pictures shown
    voters : how many vote; all, where fewer are shown

    Returns
    -------
    int64 (Q,)

    Raises
    ------
    ValueError
        For numbers that are not finite, to which nothing is near.
    """
    if not (asked.isfinite().all() and shown.isfinite().all()):
        raise ValueError("Nothing is near to what is not finite: mend the pictures or features.")
    voters, classes = min(voters, len(shown)), int(labels.max()) + 1
    lengths, found = shown.square().sum(1), []
    for some in asked.split(CHUNK):
        # The length of what is asked about is the same for all that are shown.
        distances = torch.addmm(lengths, some, shown.T, alpha=-2)
        nearest = distances.topk(voters, largest=False).indices
        votes = F.one_hot(labels[nearest], classes).float()
        votes[:, 0] *= 1.5  # the nearest breaks a tie that its label is in
        found.append(votes.sum(1).argmax(1))
    return torch.cat(found)
