"""The networks: shapes, seeds, and what the docstrings say of them."""

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from toys import same_weights

from mislabel_utils.learning import models

pytestmark = pytest.mark.usefixtures("isolated")

CASES = [
    ("small_cnn", (1, 28, 28)),
    ("small_cnn", (3, 32, 32)),
    ("deep_cnn", (3, 32, 32)),
    ("deep_cnn", (1, 28, 28)),
    ("mlp", (3, 32, 32)),
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


def test_size_of_the_deep_cnn():
    """A convolution has k x k x in x out weights, a normalisation two for each channel."""
    stem = 2 * 2 * 3 * 16 + 16
    blocks = sum(
        9 * given * width + 9 * width * width + 4 * width
        for given, width in ((16, 32), (32, 128), (128, 128))
    )
    assert weights(models.build("deep_cnn", (3, 32, 32), 10, 0)) == stem + blocks + 1_290


def test_the_deep_cnn_halves_its_map_in_each_block():
    network = models.build("deep_cnn", (3, 32, 32), 10, 0).eval()
    x, sides = torch.zeros(1, 3, 32, 32), []
    with torch.no_grad():
        for layer in network:
            x = layer(x)
            if isinstance(layer, nn.MaxPool2d | nn.Conv2d):
                sides.append((x.shape[1], x.shape[-1]))
    assert sides == [(16, 31), (32, 31), (32, 15), (32, 15), (128, 15), (128, 7), (128, 7),
                     (128, 7), (128, 3), (128, 3)]  # fmt: skip


def test_size_of_the_mlp():
    sizes = (3 * 32 * 32, 512, 512, 10)
    layers = pairwise(sizes)
    counted = sum(given * wide + wide for given, wide in layers)
    assert weights(models.build("mlp", (3, 32, 32), 10, 0)) == counted


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
            return network.relu(network.conv1(inputs)).shape[-1]  # where the pooling stands

    assert (side(original), side(small)) == (8, 32)
    # torchvision's own, whose head of 1000 classes has 513,000 of its 11,689,512 weights
    assert weights(original) == 11_689_512 - 513_000 + 5_130
    assert weights(small) == weights(original) - 64 * 3 * (7 * 7 - 3 * 3)


@pytest.mark.parametrize(
    ("size", "stride", "multiplied"), [(1, 1, True), (2, 1, True), (2, 2, True), (4, 2, False)]
)
def test_small_maps_are_convolved_as_ever(size, stride, multiplied, monkeypatch):
    usual = nn.Conv2d(5, 7, 3, stride=stride, padding=1, bias=False)
    ours = models.SmallMapConv2d(5, 7, 3, stride=stride, padding=1, bias=False)
    ours.load_state_dict(usual.state_dict())
    inputs = torch.randn(6, 5, size, size)
    direct = []
    monkeypatch.setattr(
        nn.Conv2d, "_conv_forward", lambda self, x, w, b: direct.append(1) or F.conv2d(
            x, w, b, self.stride, self.padding
        )
    )  # fmt: skip
    results = []
    for layer in (usual, ours):
        direct.clear()
        x = inputs.clone().requires_grad_()
        y = layer(x)
        y.square().sum().backward()
        results.append((y, x.grad, layer.weight.grad))
    assert bool(direct) != multiplied
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "other",
    [
        {"bias": True},
        {"groups": 2},
        {"dilation": 2},
        {"padding_mode": "reflect"},
        {"padding": "same"},
        {"padding": (1, 0)},
        {"kernel_size": (3, 1)},
        {"stride": (1, 2)},
    ],
    ids=str,
)
def test_other_convolutions_than_plain_ones_are_refused(other):
    layer = models.SmallMapConv2d(
        **{"in_channels": 4, "out_channels": 4, "kernel_size": 3, "padding": 1, "bias": False}
        | other
    )
    with pytest.raises(ValueError, match=r"use nn\.Conv2d"):
        layer(torch.zeros(1, 4, 2, 2))


def test_the_resnet_is_torchvisions():
    ours = models.build("resnet18-imagenet", (3, 32, 32), 10, 0).eval()
    usual = torchvision.models.resnet18(num_classes=10).eval()
    usual.load_state_dict(ours.state_dict())
    inputs = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(ours(inputs), usual(inputs), rtol=1e-4, atol=1e-4)


def test_unknown_model():
    with pytest.raises(
        ValueError, match=r"'resnet'.*small_cnn, deep_cnn, mlp, resnet18-imagenet, resnet18-cifar"
    ):
        models.build("resnet", (3, 32, 32), 10, 0)


def test_unknown_stem():
    with pytest.raises(ValueError, match=r"'big'.*'imagenet' or 'cifar'"):
        models.resnet18((3, 32, 32), 10, "big")
