"""What a recipe says beyond one choice of optimiser and schedule."""

import pytest
import torch
from torch import nn

from mislabel_utils.learning.recipes import Recipe, optimizer_of
from mislabel_utils.recording.records import canonical
from mislabel_utils.recording.runs import LATE, recipe_json


@pytest.mark.parametrize(
    "wrong",
    [{"optimizer": "lion"}, {"schedule": "cosine"}, {"precision": "half"}, {"epochs": -1},
     {"batch_size": 0}, {"learning_rate": -0.1}, {"learning_rate": float("nan")}],
)  # fmt: skip
def test_what_there_is_not_is_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}.*(a recipe says|>= )"):
        Recipe(**{"model": "small_cnn", "epochs": 1} | wrong)


def test_a_rate_of_one_has_one_identity():
    whole, broken = (Recipe("small_cnn", 1, learning_rate=one) for one in (1, 1.0))
    assert canonical(recipe_json(whole)) == canonical(recipe_json(broken))


def test_adam_is_adam():
    weight, others = (nn.Parameter(torch.tensor([1.0, -2.0])) for _ in range(2))
    recipe = Recipe("small_cnn", 1, learning_rate=0.01, weight_decay=0.0, optimizer="adam")
    ours = optimizer_of(recipe, [weight])
    for group in ours.param_groups:
        group["lr"] = recipe.learning_rate
    theirs = torch.optim.Adam([others], lr=0.01)
    for parameter, optimizer in ((weight, ours), (others, theirs)):
        for scale in (1.0, 9.0, 3.0):  # the first step is the same whatever the second beta
            optimizer.zero_grad()
            (scale * parameter.square()).sum().backward()
            optimizer.step()
    torch.testing.assert_close(weight, others)


def test_what_a_recipe_has_got_since_changes_no_identity():
    """Records from before say nothing of it, and stand for what there was then."""
    recipe = Recipe("small_cnn", 1)
    assert {name: getattr(recipe, name) for name in LATE} == LATE
