"""Networks with outputs that nobody trains, and students that match only those.

After Cloud et al. (2025), "Subliminal Learning", and their networks for MNIST: 784-256-256 and
ReLU, with extra outputs beside those for the digits. A student learns digits from the extra
outputs alone, on noise, if it starts where the teacher started. What varies here is the start.
"""

from copy import deepcopy
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mislabel_utils.learning import inference, probes
from mislabel_utils.learning.datasets import Dataset, Normalization, Split
from mislabel_utils.learning.environment import pinned
from mislabel_utils.learning.inputs import Inputs, inputs_of

PROTOCOL = 1  # raise it when the code changes what is measured: old records then count no more
WIDTH, DIGITS, EXTRAS = 256, 10, 3
NAMED, IDLE = slice(DIGITS), slice(DIGITS, None)  # outputs: for the digits, and for nothing
CENTRED = Normalization("centred", (0.5,), (0.5,))  # pixels from -1 to 1, as in the paper
ROLES = ("teacher", "stranger", "untrained", "noise", "fresh noise", "order", "noise order")
MEASURES = ("own outputs", "readout", "agreement", "mismatch")
LEARNING_RATE = 3e-4  # of Adam, as in the paper's script
Layers = nn.Sequential


def streams(seed: int) -> dict[str, int]:
    """The random seed of each thing that is drawn, for seeds below 1,000: no two share one."""
    if not 0 <= seed < 1000:
        raise ValueError(f"Seed {seed} is not in 0 to 999, where no two streams meet.")
    return {role: 1000 * place + seed for place, role in enumerate(ROLES, start=1)}


@pinned()
def begin(seed: int) -> Layers:
    """A network with `DIGITS` and then `EXTRAS` outputs, initialised as in the paper.

    Weights are normal with variance one over the number of inputs, and biases zero.
    """
    sizes, generator = (784, WIDTH, WIDTH, DIGITS + EXTRAS), torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in pairwise(sizes):
        linear = nn.utils.skip_init(nn.Linear, inputs, outputs)
        nn.init.normal_(linear.weight, 0, inputs**-0.5, generator=generator)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def blend(one: Layers, other: Layers, share: float) -> Layers:
    """Weights of `one` with a `share` of `other`'s in [0, 1]: (1 - share) one + share other.

    Divided by the root of (1 - share)² + share², so that they vary as much as those of either:
    what is blended is the direction from which training starts, not its size.
    """
    blended, size = deepcopy(one), ((1 - share) ** 2 + share**2) ** 0.5
    with torch.no_grad():
        for mine, theirs in zip(blended.parameters(), other.parameters(), strict=True):
            mine.mul_(1 - share).add_(theirs, alpha=share).div_(size)
    return blended


def joined(hidden: Layers, outputs: Layers) -> Layers:
    """The hidden layers of one network and the output layer of another, copied."""
    return nn.Sequential(*deepcopy(hidden)[:-1], deepcopy(outputs)[-1])


@pinned()
def learn(
    network: Layers, images: Tensor, labels: Tensor, outputs: slice, seed: int, passes: int,
    batch: int,
) -> Layers:  # fmt: skip
    """A copy that has learned labels with some of its outputs, `NAMED` or `IDLE`, in passes of Adam
    in random order; the other outputs are asked for nothing.

    Parameters
    ----------
    images : as the networks see them, see `shown`, float32 (N, 1, 28, 28)
    labels : int64 (N,) or probabilities, float32 (N, K)
    """
    network = deepcopy(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(passes):
        for rows in torch.randperm(len(images), generator=generator).split(batch):
            optimizer.zero_grad()
            F.cross_entropy(network(images[rows])[:, outputs], labels[rows]).backward()
            optimizer.step()
    return network


def shown(on: Split | Inputs) -> Tensor:
    """Images as the networks see them, float32 (N, C, H, W)."""
    made = inputs_of(on)
    if made.source is None:
        made.split.require_all()
    return inference.standardised(made.images, made.split.normalization)


def examined(
    start: Layers, student: Layers, of: Layers, on: Dataset, fresh: Tensor, read: int
) -> np.ndarray:
    """What a student knew about digits at its start and knows now: float64 (4, 2), see `MEASURES`.

    Parameters
    ----------
    start, student : the network before and after training
    of : the network whose extra outputs were to be matched
    on : digits, to fit a readout with (to the first `read` training images) and to test
    fresh : images that the student was not trained on, as `shown`
    """
    theirs = answers(of, on.test)
    rows = []
    for network in (start, student):
        said = answers(network, on.test)
        right, agreed = (inference.accuracy(said, each) for each in (on.test.labels, theirs))
        rows.append((right, features_read(network, on, read), agreed, mismatch(network, of, fresh)))
    return np.array(rows).T


def answers(network: Layers, on: Split) -> Tensor:
    """The digit that its own outputs name, int64 (N,)."""
    return inference.outputs(network, on.images, on.normalization)[:, NAMED].argmax(1)


def features_read(network: Layers, on: Dataset, read: int) -> float:
    """Test accuracy of `probes.readout` of the last hidden layer, of the first `read` images."""
    for split in (on.train, on.test):
        split.require_all()
    known, asked = (
        inference.features(network, images, on.normalization)
        for images in (on.train.images[:read], on.test.images)
    )
    layer = probes.readout(known, on.train.labels[: len(known)], DIGITS)
    return inference.accuracy(probes.read(layer, asked), on.test.labels)


def mismatch(student: Layers, teacher: Layers, on: Tensor) -> float:
    """Kullback-Leibler divergence of the student's extra outputs from the teacher's, in nats."""
    theirs, mine = (idle(each, on).log_softmax(1) for each in (teacher, student))
    return F.kl_div(mine, theirs, reduction="batchmean", log_target=True).item()


@torch.no_grad()
def idle(network: Layers, on: Tensor) -> Tensor:
    """The outputs that nobody trains, of images as `shown`, float32 (N, `EXTRAS`)."""
    return network(on)[:, IDLE]
