"""Networks trained together are the networks trained alone, and each draw stands for itself."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mislabel_utils.plane import networks
from mislabel_utils.plane.experiment import Setting, baselines, lesson, outcome
from mislabel_utils.plane.networks import Nets, Recipe, draw, predict, train

SHORT = Recipe(steps=60)


def of_type(dtype, nets):
    return Nets([parameter.to(dtype) for parameter in nets.parameters])


def small_problem(rows=range(5), width=8, count=10):
    """Float64, so that rounding cannot grow into a difference while training goes on."""
    points, labels = draw(rows, count)
    nets = of_type(torch.float64, Nets.initial(rows, width, "teacher"))
    counted = torch.ones_like(labels, dtype=torch.bool)
    counted[0, ::2] = False
    counted[1] = False  # a draw in which nothing could be flipped
    return nets, points.double(), labels, counted


def standardised(points):
    """As `Nets` sees them."""
    return (points - 0.5) * 12**0.5


def trained_alone(nets, row, points, labels):
    """One of the networks as an ordinary module, which learns points in the ordinary loop."""
    layers = []
    for weight, bias in zip(nets.parameters[::2], nets.parameters[1::2], strict=True):
        linear = nn.utils.skip_init(nn.Linear, *weight.shape[1:], dtype=weight.dtype)
        linear.load_state_dict({"weight": weight[row].T, "bias": bias[row, 0]})
        layers += [linear, nn.ReLU()]
    module = nn.Sequential(*layers[:-1])
    optimiser = torch.optim.Adam(module.parameters(), lr=SHORT.rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / SHORT.steps)
    for _ in range(SHORT.steps if len(points) else 0):
        optimiser.zero_grad()
        F.cross_entropy(module(standardised(points)), labels).backward()
        optimiser.step()
        schedule.step()
    return module


@pytest.mark.parametrize(("dtype", "apart"), [(torch.float64, 1e-9), (torch.float32, 1e-3)])
def test_together_is_one_at_a_time(isolated, dtype, apart):
    nets, points, labels, counted = small_problem()
    nets, points = of_type(dtype, nets), points.to(dtype)
    together = train(nets, points, labels, counted, SHORT)(points)
    for row, kept in enumerate(counted):
        module = trained_alone(nets, row, points[row, kept], labels[row, kept])
        alone = module(standardised(points[row]))
        torch.testing.assert_close(alone, together[row], rtol=0, atol=apart)


def test_points_that_do_not_count_have_no_influence():
    nets, points, labels, counted = small_problem()
    trained = train(nets, points, labels, counted, SHORT)
    other = torch.where(counted, labels, 1 - labels)
    moved = torch.where(counted[..., None], points, 1 - points)
    again = train(nets, moved, other, counted, SHORT)
    for one, two in zip(trained.parameters, again.parameters, strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-9)
    for before, after in zip(nets.parameters, trained.parameters, strict=True):
        assert torch.equal(before[1], after[1])  # nothing counted, nothing learnt


@pytest.fixture(scope="module")
def taught():
    return lesson(Setting(width=32), range(8))


def test_the_illustration(taught):
    numbers = outcome(taught)
    assert (numbers["fitted"] >= 31).all()
    assert (taught.adversarial - taught.points).abs().max() <= 0.12 + 1e-6
    assert taught.adversarial.min() >= 0 and taught.adversarial.max() <= 1
    wrong = predict(taught.teachers, taught.adversarial) != taught.labels
    assert wrong[taught.flipped].all()
    assert (numbers["flipped"] > 16).all()
    # Wrong labels only, and yet: eight fair-coin students would average 16 with deviation 1.
    assert numbers["right"].mean() > 19
    assert numbers["same_regions"].mean() > 0.6


def test_unmoved_points_with_flipped_labels_teach_the_inverse(taught):
    numbers = baselines(taught)
    assert (numbers["control_right"] <= 2).all()
    assert numbers["control_same_regions"].mean() < 0.25
    assert 12 < numbers["random_right"].mean() < 20
    assert 0.3 < numbers["unrelated_same_regions"].mean() < 0.7


def test_regions_lie_the_right_way_up():
    # One hidden unit that looks at the first coordinate only: class 1 on the right half.
    weight, bias = torch.tensor([[[1.0], [0.0]]]), torch.zeros(1, 1, 1)
    nets = Nets([weight, bias, torch.tensor([[[-1.0, 1.0]]]), torch.tensor([[[0.0, -0.1]]])])
    seen = networks.regions(nets, side=4)[0]
    assert torch.equal(seen, torch.tensor([[0, 0, 1, 1]]).expand(4, 4))
