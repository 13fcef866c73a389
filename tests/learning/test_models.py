"""The networks: shapes, seeds, and what the docstrings say of them."""

import pytest
import torch
from torch import nn

from mislabel_utils.learning import models

pytestmark = pytest.mark.usefixtures("isolated")


def random_images(count, *shape):
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(0))


def test_global_random_numbers_are_left_alone():
    before = torch.get_rng_state()
    models.build("small_cnn", (1, 8, 8), 4, 0)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("stem", ["imagenet", "cifar"])
def test_the_resnet_computes_what_torchvisions_does(stem, channels):
    from torchvision.models import resnet18  # here: it takes seconds

    ours = models.build(f"resnet18-{stem}", (channels, 32, 32), 10, 0)
    usual = resnet18(num_classes=10)
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
    from mislabel_utils.learning import resnet  # with torchvision

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
