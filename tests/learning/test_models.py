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
