"""What a network knows without having been told its names: a linear readout of its features."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mislabel_utils.learning.pinned import pinned

PROTOCOL = 1  # raise it when the code changes what is fitted: old records then count no more
PENALTY = 1e-3  # of the squared weights, on the mean loss; fixed, so that no test image chose it
STEPS = 500  # of L-BFGS; it stops earlier where nothing changes any more


@pinned()
def readout(features: Tensor, labels: Tensor, classes: int) -> nn.Linear:
    """The linear layer that reads labels off features best: logistic regression (Alain, Bengio
    2017), with a small penalty on its weights.

    It is fitted by L-BFGS in float64 to features of mean 0 and deviation 1; shift and scale are
    part of the layer. A feature that never varies has no weight. Nothing in it is random.

    Parameters
    ----------
    features : float (N, D), of a network that stays as it is
    labels : int64 (N,), from 0 to `classes` - 1

    Returns
    -------
    float32, from D features to `classes` logits

    Raises
    ------
    ValueError
        When there is not one label for each row of features, a label is no class, or a feature is
        not finite.
    """
    if features.ndim != 2 or len(features) != len(labels):
        raise ValueError(
            f"A readout needs a label for each row: {tuple(features.shape)}, {len(labels)} labels."
        )
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise ValueError(f"A readout of {classes} classes takes labels from 0 to {classes - 1}.")
    if not features.isfinite().all():
        raise ValueError("A readout takes finite features: look at the network they come from.")
    features, labels = features.double().cpu(), labels.cpu()
    mean, deviation = features.mean(0), features.std(0)
    varies = deviation > 1e-6
    scale = torch.where(varies, 1 / deviation.clamp(min=1e-6), 0.0)
    inputs = (features - mean) * scale
    weight = torch.zeros(classes, features.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        value = F.cross_entropy(F.linear(inputs, weight, bias), labels)
        value = value + PENALTY * weight.square().sum()
        value.backward()
        return value

    solver.step(loss)
    layer = nn.utils.skip_init(nn.Linear, features.shape[1], classes)
    with torch.no_grad():
        layer.weight.copy_(weight * scale)
        layer.bias.copy_(bias - (weight * scale) @ mean)
    return layer


def read(layer: nn.Linear, features: Tensor) -> Tensor:
    """The class that a readout sees in each row of features (N, D); int64 (N,)."""
    with torch.no_grad():
        return layer(features.float().cpu()).argmax(1)
