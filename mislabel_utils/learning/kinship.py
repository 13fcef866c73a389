"""Networks with outputs that nobody trains, and students that match those outputs alone.

Source: Cloud et al., "Subliminal Learning: Language Models Transmit Behavioral Traits via Hidden
Signals in Data", arXiv:2507.14805 (2025), the experiment on MNIST: a teacher learns digits
through ten of its outputs, and a student matches only the others, on noise.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mislabel_utils.learning.inference import BATCH, default_device

PROTOCOL = 1  # raise it when the code changes what a setting means: old records then count no more
HIDDEN, CLASSES, AUXILIARY = 256, 10, 3
LEARNING_RATE, EPOCHS = 3e-4, 5  # of Adam


def perceptron(inputs: int, seed: int) -> nn.Sequential:
    """Two hidden layers of 256 units; ten outputs for the classes, then three more for nothing.

    PyTorch's default initialisation, the same for the same seed.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Flatten(),
            nn.Linear(inputs, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, CLASSES + AUXILIARY),
        )


def blend(one: nn.Module, other: nn.Module, share: float, layers: str = "") -> nn.Module:
    """A network with weights between those of two others of the same shape; both stay as they are.

    (1 - share) parts of one and `share` parts of the other, made as long again as either was:
    halfway between two independent draws lie weights that are shorter by the root of two, and a
    student would then differ in more than its distance.

    Parameters
    ----------
    share : of the other, in [0, 1]
    layers : only weights whose name starts so are blended ("5." the last layer); the rest are
        those of the one
    """
    length = ((1 - share) ** 2 + share**2) ** 0.5
    weights = {
        name: (value * (1 - share) + other.state_dict()[name] * share) / length
        if name.startswith(layers)
        else value.clone()
        for name, value in one.state_dict().items()
    }
    made = perceptron(one[1].in_features, 0)
    made.load_state_dict(weights)
    return made


def teach_classes(
    network: nn.Module, images: Tensor, labels: Tensor, seed: int, batch_size: int = 1024
) -> nn.Module:
    """Train the ten class outputs on labelled images, and the others on nothing.

    Parameters
    ----------
    images : float32 (N, C, H, W)
    labels : int64 (N,)
    seed : of the order of the images
    batch_size : images a step; the last one of a pass may have fewer
    """

    def loss(outputs: Tensor, rows: Tensor) -> Tensor:
        return F.cross_entropy(outputs[:, :CLASSES], labels[rows].to(outputs.device))

    return _fit(network, images, loss, seed, batch_size)


def match_auxiliary(
    student: nn.Module, teacher: nn.Module, images: Tensor, seed: int, batch_size: int = 1024
) -> nn.Module:
    """Train the student to give the teacher's answers in the auxiliary outputs; no other is used.

    The loss is the Kullback-Leibler divergence of the softmax over those outputs. Shapes are those
    of `teach_classes`.
    """
    wanted = outputs_of(teacher, images)[:, CLASSES:].log_softmax(1)

    def loss(outputs: Tensor, rows: Tensor) -> Tensor:
        said = outputs[:, CLASSES:].log_softmax(1)
        return F.kl_div(said, wanted[rows].to(said.device), reduction="batchmean", log_target=True)

    return _fit(student, images, loss, seed, batch_size)


@torch.no_grad()
def outputs_of(network: nn.Module, images: Tensor) -> Tensor:
    """All thirteen outputs, float32 (N, 13), on the CPU."""
    device = next(network.parameters()).device
    return torch.cat([network(batch.to(device)).cpu() for batch in images.split(BATCH)])


def classes_read(network: nn.Module, images: Tensor) -> Tensor:
    """The class that the first ten outputs give each image, int64 (N,)."""
    return outputs_of(network, images)[:, :CLASSES].argmax(1)


def auxiliary_matched(student: nn.Module, teacher: nn.Module, images: Tensor) -> float:
    """How much of what the teacher's auxiliary answers say of each image the student's say too.

    1 less the ratio of two divergences from the teacher's answers: the student's, and that of the
    teacher's mean answer. 1 is a perfect match, 0 no better than that constant.
    """
    wanted = outputs_of(teacher, images)[:, CLASSES:].log_softmax(1)
    said = outputs_of(student, images)[:, CLASSES:].log_softmax(1)
    constant = wanted.exp().mean(0, keepdim=True).log().expand_as(wanted)
    missed, spread = (
        F.kl_div(guess.double(), wanted.double(), reduction="batchmean", log_target=True)
        for guess in (said, constant)
    )
    return 1 - float(missed / spread)


def _fit(
    network: nn.Module,
    images: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    seed: int,
    batch_size: int,
) -> nn.Module:
    network = network.to(default_device()).train()
    device = next(network.parameters()).device
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(images), generator=generator).split(batch_size):
            optimizer.zero_grad()
            loss(network(images[rows].to(device)), rows).backward()
            optimizer.step()
    return network.eval()
