"""The networks: shapes, seeds, and what the docstrings say of them."""

import pytest
import torch
import torchvision
from torch import nn
from toys import same_weights

from mislabel_utils.learning import models, resnet

pytestmark = pytest.mark.usefixtures("isolated")

CASES = [  # and how many weights each has
    ("small_cnn", (1, 28, 28), 206_922),
    ("small_cnn", (3, 32, 32), 268_650),
    ("deep_cnn", (3, 32, 32), 495_706),
    ("mlp", (3, 32, 32), 1_841_162),
    # torchvision's own, whose head of 1000 classes has 513,000 of its 11,689,512 weights
    ("resnet18-imagenet", (3, 32, 32), 11_689_512 - 513_000 + 5_130),
    ("resnet18-imagenet", (1, 28, 28), 11_689_512 - 513_000 + 5_130 - 64 * 2 * 7 * 7),
    ("resnet18-cifar", (3, 32, 32), 11_689_512 - 513_000 + 5_130 - 64 * 3 * (7 * 7 - 3 * 3)),
]


def random_images(count, *shape):
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("name", "shape", "size"), CASES)
def test_one_logit_a_class(name, shape, size):
    network = models.build(name, shape, 10, seed=0).eval()
    with torch.no_grad():
        logits = network(random_images(3, *shape))
    assert logits.shape == (3, 10)
    assert logits.std(0).min() > 0, "the same answer whatever the image"
    assert sum(parameter.numel() for parameter in network.parameters()) == size


def test_global_random_numbers_play_no_part_and_are_left_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one = models.build("small_cnn", (1, 8, 8), 4, 0)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert same_weights(one, models.build("small_cnn", (1, 8, 8), 4, 0))
    assert not same_weights(one, models.build("small_cnn", (1, 8, 8), 4, 1))


def test_small_cnn_has_no_state_but_its_weights():
    network = models.build("small_cnn", (1, 28, 28), 10, 0)
    assert list(network.buffers()) == []


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("stem", ["imagenet", "cifar"])
def test_the_resnet_computes_what_torchvisions_does(stem, channels):
    ours = models.build(f"resnet18-{stem}", (channels, 32, 32), 10, 0)
    usual = torchvision.models.resnet18(num_classes=10)
    usual.conv1 = ours.conv1
    if stem == "cifar":
        usual.maxpool = nn.Identity()
    usual.load_state_dict(ours.state_dict())
    inputs, slopes = random_images(4, channels, 32, 32), []
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(inputs), usual.eval()(inputs), rtol=1e-4, atol=1e-4)
    for network in (ours, usual):
        network.zero_grad()
        network(inputs).square().sum().backward()
        slopes.append([parameter.grad.clone() for parameter in network.parameters()])
    for mine, theirs in zip(*slopes, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-3 * theirs.abs().max().item())


@pytest.mark.parametrize(
    ("size", "stride", "multiplied"), [(1, 1, True), (2, 1, True), (2, 2, True), (4, 2, False)]
)
def test_small_maps_are_multiplied(size, stride, multiplied, monkeypatch):
    layer = nn.Conv2d(5, 7, 3, stride=stride, padding=1, bias=False)
    inputs, asked = random_images(6, 5, size, size), []
    usual = layer(inputs)
    convolve = nn.Conv2d.forward
    monkeypatch.setattr(nn.Conv2d, "forward", lambda *a: asked.append(1) or convolve(*a))
    torch.testing.assert_close(resnet.convolved(layer, inputs), usual, rtol=1e-4, atol=1e-5)
    assert bool(asked) != multiplied


def test_unknown_model():
    with pytest.raises(
        ValueError, match=r"'resnet'.*small_cnn, deep_cnn, mlp, resnet18-imagenet, resnet18-cifar"
    ):
        models.build("resnet", (3, 32, 32), 10, 0)
