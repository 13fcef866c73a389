"""Properties of the attack, on random small networks and points."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mislabel_utils.learning.attacks import L2, LInf, grid_search, pgd

pytestmark = pytest.mark.usefixtures("isolated")
ROUNDING = 1e-6  # float32, coordinates in [0, 1]

norms = st.builds(
    lambda kind, epsilon: kind(epsilon),
    st.sampled_from([LInf, L2]),
    st.floats(0.0, 0.5, allow_subnormal=False),
)
seeds = st.integers(0, 1000)
quick = settings(max_examples=25, deadline=None)


def classifier(seed: int, features: int = 2, classes: int = 3) -> nn.Module:
    """A random network, sharp enough to have boundaries inside the unit cube."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Flatten(), nn.Linear(features, 16), nn.Tanh(), nn.Linear(16, classes)
        )
    with torch.no_grad():
        network[1].weight.mul_(8)
        network[1].bias.sub_(network[1].weight.sum(1) / 2)  # bends pass near the centre
        network[3].weight.mul_(8)
    return network.eval()


def problem(seed: int, shape=(2,), count: int = 12, classes: int = 3):
    """A classifier, inputs that touch both ends of [0, 1], and the classes it predicts for them."""
    random = torch.Generator().manual_seed(seed)
    network = classifier(seed, math.prod(shape), classes)
    inputs = (1.4 * torch.rand((count, *shape), generator=random) - 0.2).clamp(0, 1)
    return network, inputs, network(inputs).argmax(-1)


def length(perturbation, norm):
    rows = perturbation.double().flatten(1)
    return rows.norm(dim=1) if isinstance(norm, L2) else rows.abs().amax(1)


@quick
@given(seeds, norms, st.booleans(), st.sampled_from([(2,), (1, 4, 4)]), st.floats(0.05, 0.5))
def test_it_stays_in_the_ball_and_the_domain_and_flipped_means_what_it_says(
    seed, norm, targeted, shape, step_size
):
    """A long step leads past a flip: what was found counts all the same."""
    network, inputs, labels = problem(seed, shape)
    labels = (labels + 1) % 3 if targeted else labels
    found = pgd(network, inputs, labels, norm, steps=7, step_size=step_size, targeted=targeted)
    assert (length(found.inputs - inputs, norm) <= norm.epsilon + ROUNDING).all()
    assert found.inputs.min() >= 0 and found.inputs.max() <= 1
    assert found.inputs.shape == inputs.shape
    predictions = network(found.inputs).argmax(-1)
    assert torch.equal(found.flipped, (predictions == labels) == targeted)


@pytest.mark.parametrize("kind", [LInf, L2])
def test_the_attack_finds_nearly_every_flip_that_brute_force_finds(kind):
    found = exists = both = 0
    for seed in range(20):
        network, inputs, labels = problem(seed, count=64)
        norm = kind(0.12)
        flipped = pgd(network, inputs, labels, norm, steps=40, step_size=0.012).flipped
        brute = grid_search(network, inputs, labels, norm)
        found, exists = found + flipped.sum(), exists + brute.sum()
        both += (flipped & brute).sum()
    assert exists > 300
    assert both / exists > 0.95
    assert both / found > 0.98


def test_a_loss_that_rounds_to_zero_still_shows_the_way():
    network, inputs, labels = problem(3, count=64)
    with torch.no_grad():
        network[3].weight.mul_(8)
        network[3].bias.mul_(8)
    assert (nn.functional.cross_entropy(network(inputs), labels, reduction="none") == 0).sum() > 20
    flipped = pgd(network, inputs, labels, L2(0.2), steps=40, step_size=0.02).flipped
    exists = grid_search(network, inputs, labels, L2(0.2))
    assert exists.sum() > 20
    assert (flipped & exists).sum() / exists.sum() > 0.8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a | {"inputs": a["inputs"] - 0.1}, "attack before normalising"),
        (lambda a: a | {"inputs": a["inputs"].bfloat16()}, "float32 or float64"),
        (lambda a: a | {"labels": 0 * a["labels"] - 100}, "classes, from 0"),
        (lambda a: a | {"step_size": -0.1}, "step_size is -0.1"),
        (lambda a: a | {"norm": LInf(-0.1)}, "epsilon is -0.1"),
        (lambda a: a | {"model": a["model"].train()}, r"model\.eval\(\)"),
        (lambda a: a | {"model": a["model"].train().forward}, r"model\.eval\(\)"),
        (lambda a: a | {"model": lambda x: a["model"](x) * math.nan}, "not finite"),
    ],
)
def test_what_would_mean_nothing_is_refused(change, message):
    network, inputs, labels = problem(0)
    arguments = {"model": network, "inputs": inputs, "labels": labels, "norm": LInf(0.1)}
    with pytest.raises(ValueError, match=message):
        pgd(**change(arguments | {"steps": 2, "step_size": 0.1}))
