"""Which mistakes, and how often each is shown."""

import pytest
import torch
from toys import toy_split

from mislabel_utils.learning import datasets, selections

SPLIT = toy_split(40)


def test_a_part_holds_its_rows_and_is_another_data_set():
    rows = torch.tensor([7, 3, 3])
    part = selections.part(SPLIT, rows)
    assert torch.equal(part.images, SPLIT.images[rows])
    assert part.labels.tolist() == SPLIT.labels[rows].tolist()
    assert part.complete and len(part) == 3
    others = [selections.part(SPLIT, torch.tensor(each)) for each in ([3, 7, 3], [7, 3])]
    assert len({each.digest for each in (SPLIT, part, *others)}) == 4


def test_a_part_of_images_that_are_not_here_is_refused():
    here = torch.arange(5)
    sample = datasets.dataclasses.replace(SPLIT, images=SPLIT.images[:5], index=here)
    assert len(selections.part(sample, here)) == 5
    with pytest.raises(datasets.DataError, match="sample"):
        selections.part(sample, torch.tensor([5]))


def test_kinds_of_mistakes():
    rows, confidence = torch.arange(100, 110), torch.arange(10) / 10
    found = selections.kinds(rows, confidence[torch.randperm(10)], 2, seed=0)
    assert {name: len(each) for name, each in found.items()} == {
        "all": 10, "confident": 2, "timid": 2, "random": 2,
    }  # fmt: skip
    found = selections.kinds(rows, confidence, 3, seed=0)
    assert found["confident"].tolist() == [109, 108, 107]
    assert found["timid"].tolist() == [102, 101, 100]
    assert set(found["random"].tolist()) < set(rows.tolist())
    assert all(len(each) == 10 for each in selections.kinds(rows, confidence, 11, 0).values())
