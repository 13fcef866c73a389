"""Which of a teacher's mistakes a student is shown, and for how long."""

import dataclasses
from collections.abc import Sequence
from hashlib import sha256

import torch
from torch import Tensor

from mislabel_utils.learning.datasets import Split
from mislabel_utils.learning.environment import pinned
from mislabel_utils.learning.inputs import Inputs, digest
from mislabel_utils.learning.training_sets import TrainingSet, random_numbers


@pinned()
def part(split: Split, rows: Tensor) -> Split:
    """The images of some rows, int64 (n,), as a split of their own, in the order given.

    Raises a DataError when a row's image is not here.
    """
    which = digest(rows)
    print_ = sha256(f"{split.fingerprint}{split.name}{which}".encode()).hexdigest()
    return dataclasses.replace(
        split,
        name=f"{split.name}[{len(rows)} rows, {which[:8]}]",
        images=split.pictures(rows),
        index=torch.arange(len(rows)),
        labels=split.labels[rows],
        fingerprint=print_,
    )


@pinned()
def random_split(split: Split, sizes: Sequence[int], seed: int) -> list[Split]:
    """Parts of so many images each, dealt out at random, and last a part of all that are left.

    Raises a ValueError where there are fewer.
    """
    if sum(sizes) > len(split):
        raise ValueError(f"{split.name} has {len(split)} images: too few for parts of {sizes}.")
    order = torch.randperm(len(split), generator=random_numbers(seed))
    return [part(split, rows) for rows in order.split([*sizes, len(split) - sum(sizes)])]


@pinned()
def kinds(rows: Tensor, confidence: Tensor, count: int, seed: int) -> dict[str, Tensor]:
    """Rows, int64 (n,), and three choices of `count` of them, or of all where there are fewer.

    By name: "all"; "confident", where the teacher was surest by its `confidence` (n,); "timid",
    where it was least sure; and "random", the control for their number.
    """
    ranked = rows[confidence.argsort(descending=True, stable=True)]
    count = min(count, len(rows))
    return {
        "all": rows,
        "confident": ranked[:count],
        "timid": ranked[len(rows) - count :],
        "random": rows[torch.randperm(len(rows), generator=random_numbers(seed))[:count]],
    }


@pinned()
def rounds(pictures: Split, labels: Tensor, count: int, seed: int) -> TrainingSet:
    """`count` pictures of a split with these labels, int64 (N,): each as often, or once more.

    A pass over them has the same number of steps however many different pictures there are.
    """
    size, generator = len(pictures), random_numbers(seed)
    times = -(-count // size)
    rows = torch.cat([torch.randperm(size, generator=generator) for _ in range(times)])[:count]
    source = {"kind": "rounds", "of": pictures.fingerprint, "count": count, "seed": seed}
    inputs = Inputs(pictures, source, lambda: pictures.images[rows], aligned=False)
    return TrainingSet(inputs, {"kind": "given", "labels": digest(labels)}, lambda: labels[rows])
