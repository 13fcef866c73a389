"""What can be said of a transfer set before any student is trained on it."""

from __future__ import annotations

import torch
from torch import Tensor

from mislabel_utils.learning import inference
from mislabel_utils.learning.inputs import Inputs
from mislabel_utils.learning.training_sets import Teacher

PROTOCOL = 1  # raise it when the code changes what is measured: old records then count no more
FEATURES_OF = 10_000  # images of each set: enough for the covariance of 128 features


def entropy(shares: Tensor) -> Tensor:
    """Entropy in bits of distributions (..., K) that sum to 1; shape (...)."""
    return torch.special.entr(shares.double()).sum(-1) / torch.log(torch.tensor(2.0).double())


def feature_distance(run: Teacher, one: Inputs, other: Inputs) -> float:
    """How far apart two sets of images lie in the features of a `small_cnn`.

    The Frechet distance of two normal distributions with the features' means and covariances
    (Dowson and Landau 1982), in the features' own units; of the first 10,000 images of each.
    """
    (mean, cov), (other_mean, other_cov) = (_moments(run, each) for each in (one, other))
    root = _root(cov)
    overlap = _root(root @ other_cov @ root).trace()
    squared = (mean - other_mean).square().sum() + cov.trace() + other_cov.trace() - 2 * overlap
    return float(squared.clamp(min=0).sqrt())


def _moments(run: Teacher, on: Inputs) -> tuple[Tensor, Tensor]:
    images, norm = on.images[:FEATURES_OF], on.split.normalization
    features = inference.features(run.network, images, norm, run.precision).double()
    return features.mean(0), features.T.cov()


def _root(matrix: Tensor) -> Tensor:
    """The symmetric root of a covariance (D, D)."""
    values, vectors = torch.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T
