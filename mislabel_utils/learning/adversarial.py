"""Training sets of adversarial examples, and of their perturbations put to other uses."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from mislabel_utils.learning.attacks import L2, LInf, pgd
from mislabel_utils.learning.environment import autocast
from mislabel_utils.learning.inference import BATCH, Teacher, evaluating, standardised
from mislabel_utils.learning.inputs import Inputs, inputs_of
from mislabel_utils.learning.training_sets import LEFT_OUT, TrainingSet

PROTOCOL = 1  # raise it when `described` changes what it measures: old records then count no more
GREY = 0.5
BALLS = {"l2": L2, "linf": LInf}


@dataclass(frozen=True)
class Attack:
    """A targeted attack on images: PGD in the L2 ball (Ilyas et al. 2019, section 3.2).

    Radius and step are lengths of whole images, with pixels in [0, 1]; with the norm "linf" each
    pixel moves by at most as much.
    """

    epsilon: float = 0.5
    steps: int = 100
    step_size: float = 0.1
    norm: str = "l2"

    def described(self) -> dict[str, Any]:
        """As JSON; the norm, which it has got since, is not written down where it is L2."""
        return {name: part for name, part in asdict(self).items() if (name, part) != ("norm", "l2")}


def adversarial(run: Teacher, targets: TrainingSet, attack: Attack = Attack()) -> TrainingSet:
    """Images moved until the network says what `targets` says, labelled with the target.

    The images, float32 in [0, 1], are within `epsilon` of those of `targets`; the label is the
    target, reached or not. To make them raises a ValueError when the targets are probabilities, not
    classes, and a DataError where only a sample of the images is here.
    """
    start = targets.inputs

    def compute() -> Tensor:
        norm, network = start.split.normalization, run.network
        device = next(network.parameters()).device
        low, ball = autocast(device, run.precision), BALLS[attack.norm](attack.epsilon)

        def logits(images: Tensor) -> Tensor:
            with low:
                return network(standardised(images, norm)).float()

        moved = _origin(start)  # those left out stay where they are
        for rows in targets.kept.nonzero().squeeze(1).split(BATCH):
            origin, aims = moved[rows].to(device), targets.hard_labels[rows].to(device)
            with evaluating(network):
                found = pgd(
                    logits, origin, aims, ball,
                    steps=attack.steps, step_size=attack.step_size, targeted=True,
                )  # fmt: skip
            moved[rows] = found.inputs.cpu()
        return moved

    source = {"kind": "adversarial", "run": run.id, "of": start.name,
              "attack": attack.described(), "targets": targets.source}  # fmt: skip
    return _moved(targets, source, compute, run.weights)


def reached(run: Teacher, given: TrainingSet) -> TrainingSet:
    """Only the images that the attacked network takes for what their label says.

    Raises a ValueError when `run` is not the network that was attacked.
    """
    if given.network != run.weights:
        raise ValueError("Ask the network that was attacked whether it says the label.")

    def compute() -> Tensor:
        said = run.outputs(given.images, given.split.normalization).argmax(1)
        return torch.where(said == given.hard_labels, given.labels, LEFT_OUT)

    return replace(given.relabelled("reached", compute, run=run.id), asked=run.weights)


def unmoved(given: TrainingSet) -> TrainingSet:
    """The labels of moved images on the same images as they were."""
    source = {"kind": "unmoved", "of": given.source, "moved": given.inputs.source}
    return TrainingSet(inputs_of(given.split), source, lambda: given.labels, given.asked)


def perturbations(given: TrainingSet) -> Tensor:
    """What an attack added to each image of a split, float32 (N, C, H, W).

    Raises a ValueError when the images were not made, row by row, from those of their split; a
    DataError where only a sample of these is here.
    """
    if (given.inputs.source or {}).get("of") != given.split.key:
        raise ValueError(f"Only what was made from the images of {given.split.key} has been moved.")
    start = _origin(inputs_of(given.split))
    return torch.sub(given.images, start, out=start)


def dealt(given: TrainingSet, seed: int) -> TrainingSet:
    """The perturbations dealt out to other images with the same target; labels stay.

    None keeps its own, unless it is the only one with its target. Pixels are cut off at 0 and 1.
    """

    def compute() -> Tensor:
        moved, generator = perturbations(given), torch.Generator().manual_seed(seed)
        taken = torch.arange(len(moved))
        for target in given.labels[given.kept].unique():
            rows = (given.labels == target).nonzero().squeeze(1)
            rows = rows[torch.randperm(len(rows), generator=generator)]
            taken[rows] = rows.roll(1)
        return moved[taken].add_(_pixels(given.split.images)).clamp_(0, 1)

    source = {"kind": "dealt adversarial", "of": given.inputs.source, "seed": seed}
    return _moved(given, source, compute, given.inputs.network)


def on_grey(given: TrainingSet) -> TrainingSet:
    """The perturbations alone, each on an image of even grey; labels stay."""
    source = {"kind": "perturbed grey", "of": given.inputs.source}
    network = given.inputs.network
    return _moved(given, source, lambda: perturbations(given).add_(GREY).clamp_(0, 1), network)


def shaken(targets: TrainingSet, epsilon: float, seed: int) -> TrainingSet:
    """Images moved by `epsilon` in random directions instead; the labels are the targets.

    Each direction is uniform on the sphere. Pixels are cut off at 0 and 1, as an attack's are.
    """
    start = targets.inputs

    def compute() -> Tensor:
        images, generator = _origin(start), torch.Generator().manual_seed(seed)
        for batch in images.split(BATCH):
            noise = torch.randn(batch.shape, generator=generator)
            length = noise.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
            batch.add_(noise * (epsilon / length)).clamp_(0, 1)
        return images

    source = {"kind": "shaken", "of": start.name, "epsilon": epsilon, "seed": seed}
    return _moved(targets, source, compute, start.network)


def described(run: Teacher, given: TrainingSet) -> dict[str, float]:
    """What an attacked network says of the images made from a split, and how far they moved.

    ``target`` and ``true`` are the shares, in [0, 1], of images that it takes for their label and
    for their true class, and ``probability`` is what it gives the label on average;
    ``norm_median`` and ``norm_most`` are lengths of perturbations in L2, with pixels in [0, 1];
    ``low`` and ``high`` are the extremes of all pixels.
    """
    rows, images = given.kept, given.images
    answers = run.outputs(images, given.split.normalization)[rows].softmax(1)
    said, labels = answers.argmax(1), given.labels[rows]
    pairs = zip(images.split(BATCH), given.split.images.split(BATCH), strict=True)
    norms = torch.cat([(new - _pixels(old)).flatten(1).norm(dim=1) for new, old in pairs])[rows]
    found = {
        "target": (said == labels).double().mean(),
        "probability": answers.gather(1, labels[:, None]).double().mean(),
        "true": (said == given.inputs.true_labels[rows]).double().mean(),
        "norm_median": norms.median(),
        "norm_most": norms.max(),
        "low": images.min(),
        "high": images.max(),
    }
    return {name: float(value) for name, value in found.items()}


def _moved(
    given: TrainingSet, source: dict[str, Any], compute: Callable[[], Tensor], network: str | None
) -> TrainingSet:
    """The labels of a set on images that are made from its own."""
    inputs = Inputs(given.split, source, compute, given.inputs.aligned, network)
    return TrainingSet(inputs, given.source, lambda: given.labels, given.asked)


def _origin(on: Inputs) -> Tensor:
    """A copy of the images to be moved, float32 in [0, 1]."""
    if on.source is None:
        on.split.require_all()
    return _pixels(on.images)


def _pixels(images: Tensor) -> Tensor:
    """A copy of images, uint8 or float in [0, 1], as float32 in [0, 1]."""
    pixels = images.to(torch.float32, copy=True)
    return pixels if images.is_floating_point() else pixels.div_(255)
