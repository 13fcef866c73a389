"""The networks: shapes, seeds, and what the docstrings say of them."""

import pytest
import torch
from torch import nn
from toys import same_weights

from mislabel_utils import models

pytestmark = pytest.mark.usefixtures("isolated")

CASES = [
    ("small_cnn", (1, 28, 28)),
    ("small_cnn", (3, 32, 32)),
    ("resnet18-imagenet", (3, 32, 32)),
    ("resnet18-imagenet", (1, 28, 28)),
    ("resnet18-cifar", (3, 32, 32)),
]


def weights(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_one_logit_a_class(name, shape):
    network = models.build(name, shape, 7, seed=0).eval()
    with torch.no_grad():
        logits = network(torch.randn(3, *shape, generator=torch.Generator().manual_seed(0)))
    assert logits.shape == (3, 7)
    assert logits.std(0).min() > 0, "the same answer whatever the image"


def test_same_seed_same_network():
    one, two, other = (models.build("small_cnn", (1, 8, 8), 4, seed) for seed in (5, 5, 6))
    assert same_weights(one, two)
    for first, second in zip(one.parameters(), other.parameters(), strict=True):
        assert not torch.equal(first, second)


def test_global_random_numbers_play_no_part_and_are_left_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one = models.build("small_cnn", (1, 8, 8), 4, 0)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert same_weights(one, models.build("small_cnn", (1, 8, 8), 4, 0))


def test_size_of_the_small_cnn():
    assert weights(models.build("small_cnn", (1, 28, 28), 10, 0)) == 206_922


def test_small_cnn_has_no_state_but_its_weights():
    network = models.build("small_cnn", (1, 28, 28), 10, 0)
    assert list(network.buffers()) == []


def test_pooling_before_relu_is_the_same_function():
    network = models.build("small_cnn", (1, 8, 8), 4, 0).eval()
    layers = list(network)
    usual = nn.Sequential(
        layers[0], layers[2], layers[1], layers[3], layers[5], layers[4], *layers[6:]
    )
    inputs = torch.randn(16, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(network(inputs), usual(inputs))


def test_stems_of_the_resnet():
    original = models.build("resnet18-imagenet", (3, 32, 32), 10, 0)
    small = models.build("resnet18-cifar", (3, 32, 32), 10, 0)
    inputs = torch.zeros(1, 3, 32, 32)

    def side(network):
        with torch.no_grad():
            return network.maxpool(network.conv1(inputs)).shape[-1]

    assert (side(original), side(small)) == (8, 32)
    # torchvision's own, whose head of 1000 classes has 513,000 of its 11,689,512 weights
    assert weights(original) == 11_689_512 - 513_000 + 5_130
    assert weights(small) == weights(original) - 64 * 3 * (7 * 7 - 3 * 3)


def test_unknown_model():
    with pytest.raises(ValueError, match=r"'resnet'.*small_cnn, resnet18-imagenet, resnet18-cifar"):
        models.build("resnet", (3, 32, 32), 10, 0)


def test_unknown_stem():
    with pytest.raises(ValueError, match=r"'big'.*'imagenet' or 'cifar'"):
        models.resnet18((3, 32, 32), 10, "big")
