"""What pictures and features say before a student is trained on them.

The nearest pictures of a training set, what a linear layer reads off features, and how far apart
two sets lie.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mislabel_utils.learning import inference
from mislabel_utils.learning.datasets import Split
from mislabel_utils.learning.environment import pinned
from mislabel_utils.learning.inference import Teacher
from mislabel_utils.learning.inputs import Inputs

PROTOCOL = 1  # raise it when the code changes what is measured: old records then count no more
VOTERS = 11
CHUNK = 500  # of the pictures asked about: bounds the memory that distances take
PENALTY = 1e-3  # of the squared weights, on the mean loss; fixed, so that no test image chose it
STEPS = 500  # of L-BFGS; it stops earlier where nothing changes any more
FEATURES_OF = 10_000  # images of each set: enough for the covariance of 128 features


def pixels(split: Split) -> Tensor:
    """Each image as its standardised pixels, float32 (N, C * H * W)."""
    return inference.standardised(split.images, split.normalization).flatten(1)


@pinned()
def vote(asked: Tensor, shown: Tensor, labels: Tensor, voters: int = VOTERS) -> Tensor:
    """The commonest label among the nearest of the pictures shown, int64 (Q,).

    Of labels that are equally common, that of the nearest picture if it is among them, else the
    lowest class. Raises a ValueError for numbers that are not finite, to which nothing is near.

    Parameters
    ----------
    asked, shown : float32 (Q, D) and (N, D); near is what is near in Euclid's distance
    labels : int64 (N,), of the pictures shown
    voters : how many vote; all, where fewer are shown
    """
    if not (asked.isfinite().all() and shown.isfinite().all()):
        raise ValueError("Nothing is near to what is not finite: mend the pictures or features.")
    voters, classes = min(voters, len(shown)), int(labels.max()) + 1
    lengths, found = shown.square().sum(1), []
    for some in asked.split(CHUNK):
        # The length of what is asked about is the same for all that are shown.
        distances = torch.addmm(lengths, some, shown.T, alpha=-2)
        nearest = distances.topk(voters, largest=False).indices
        votes = F.one_hot(labels[nearest], classes).float()
        votes[:, 0] *= 1.5  # the nearest breaks a tie that its label is in
        found.append(votes.sum(1).argmax(1))
    return torch.cat(found)


@pinned()
def readout(features: Tensor, labels: Tensor, classes: int) -> nn.Linear:
    """The linear layer that reads labels off features best: logistic regression (Alain, Bengio
    2017), with a small penalty on its weights; float32, from D features to `classes` logits.

    It is fitted by L-BFGS in float64 to features (N, D) of mean 0 and deviation 1; shift and scale
    are part of the layer. A feature that never varies has no weight, one that is not finite is a
    ValueError. Nothing in it is random.
    """
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


@torch.no_grad()
def read(layer: nn.Linear, features: Tensor) -> Tensor:
    """The class that a readout sees in each row of features (N, D); int64 (N,)."""
    return layer(features.float().cpu()).argmax(1)


def feature_distance(run: Teacher, one: Inputs, other: Inputs) -> float:
    """How far apart two sets of images lie in the features of a `small_cnn`.

    The Frechet distance of two normal distributions with the features' means and covariances
    (Dowson and Landau 1982), in the features' own units; of the first 10,000 images of each.
    """

    def moments(on: Inputs) -> tuple[Tensor, Tensor]:
        images, norm = on.images[:FEATURES_OF], on.split.normalization
        features = inference.features(run.network, images, norm, run.precision).double()
        return features.mean(0), features.T.cov()

    (mean, cov), (other_mean, other_cov) = moments(one), moments(other)
    # The trace of the root of the product, whose eigenvalues are those of a covariance.
    overlap = torch.linalg.eigvals(cov @ other_cov).real.clamp(min=0).sqrt().sum()
    squared = (mean - other_mean).square().sum() + cov.trace() + other_cov.trace() - 2 * overlap
    return squared.clamp(min=0).sqrt().item()
