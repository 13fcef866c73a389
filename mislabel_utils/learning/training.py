"""One training loop for all of the book.

Everything random is drawn afresh from (seed, epoch, batch), so that a run resumed from a
checkpoint goes on exactly as if it had never stopped.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mislabel_utils.learning import models
from mislabel_utils.learning.datasets import Normalization, Split
from mislabel_utils.learning.environment import autocast, bar, default_device, environment, pinned
from mislabel_utils.learning.inference import accuracy, predict, standardised
from mislabel_utils.learning.recipes import Recipe, learning_rate, optimizer_of
from mislabel_utils.learning.training_sets import TrainingSet

PROTOCOL = 1  # raise it when the loop changes what a recipe means: old records then count no more
EPOCHS, BATCHES = 1_000, 100_000  # at most, of a run: more would share random numbers
CHECKPOINT_SECONDS = 30.0  # between two of them
PADDING = 4  # pixels by which augmented images are shifted at most
CURVE_POINTS = 10  # evaluations on the test set during a run, so that they never dominate


class TrainingError(RuntimeError):
    """Training that cannot go on; the message says what to do."""


@dataclass
class Learner:
    """A network, what moves its weights, the context in which it computes, and how far it has come.

    That `state` is the ``epoch`` and ``batch`` that come next and sums over the epoch so far; the
    ``curve``, one dict an epoch: ``train_loss``, ``train_accuracy`` (of the batches as they were
    seen, on the labels given), ``test_accuracy`` where it was measured; the ``seconds`` it took in
    all, and where, see `environment`, in one or more ``sittings``; the digests of what it was
    ``trained_on``, see `TrainingSet.digests`; and what else tells this run from others.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    low: torch.autocast
    state: dict[str, Any]


def step(learner: Learner, inputs: Tensor, targets: Tensor) -> tuple[float, int]:
    """One step on a batch: the loss before it, and how many answers were as labelled."""
    with learner.low:
        logits = learner.network(inputs).float()
    loss = F.cross_entropy(logits, targets)
    learner.optimizer.zero_grad()
    loss.backward()
    learner.optimizer.step()
    hard = targets if targets.ndim == 1 else targets.argmax(1)
    return loss.item(), int((logits.argmax(1) == hard).sum())


def fit(
    learner: Learner,
    images: Tensor,
    labels: Tensor,
    recipe: Recipe,
    seed: int,
    norm: Normalization,
    test: Split | None,
) -> Iterator[None]:
    """Train a network from where it stands; comes up for air after each step."""
    state, size = learner.state, min(recipe.batch_size, len(images))
    batches = len(images) // size
    for epoch in range(state["epoch"], recipe.epochs):
        order = torch.randperm(len(images), generator=stream(seed, epoch, 0))
        learner.network.train()
        for batch in range(state["batch"], batches):
            rows = order[batch * size : (batch + 1) * size].to(images.device)
            inputs, targets = images[rows], labels[rows]
            if recipe.augment:
                inputs = augmented(inputs, stream(seed, epoch, batch + 1), recipe.flip)
            rate = learning_rate(recipe, epoch * batches + batch, recipe.epochs * batches)
            learner.optimizer.param_groups[0]["lr"] = rate
            loss, correct = step(learner, standardised(inputs, norm), targets)
            state.update(batch=batch + 1, loss=state["loss"] + loss)
            state["correct"] += correct
            yield
        point = {"train_loss": state["loss"] / batches}
        point["train_accuracy"] = state["correct"] / (batches * size)
        often = (epoch + 1) % max(1, recipe.epochs // CURVE_POINTS) == 0
        if test is not None and (often or epoch + 1 == recipe.epochs):
            predicted = predict(learner.network, test, recipe.precision)
            point["test_accuracy"] = accuracy(predicted, test.labels)
        state.update(epoch=epoch + 1, batch=0, loss=0.0, correct=0, curve=[*state["curve"], point])


@pinned()
def train(
    recipe: Recipe,
    on: TrainingSet,
    *,
    seed: int,
    test: Split | None = None,
    checkpoint: Path | None = None,
    title: str = "train",
) -> Learner:
    """Train a fresh network on images and the labels that they were given.

    It is left in evaluation mode, on the device it was trained on. Raises a DataError where only a
    sample of the images is here; a TrainingError when none is left, labels do not fit the images,
    the checkpoint is damaged or of another run, or the loss is no longer finite.

    Parameters
    ----------
    on : the images, and a label for each; those that are left out are not trained on
    seed : determines initialisation, order and augmentation
    test : evaluated with its true labels for the learning curve only: after each epoch, or ten
        times, evenly spaced, in a longer run
    checkpoint : file that the state is written to twice a minute, and resumed from
    title : of the progress bar, which ``TQDM_DISABLE=1`` in the environment hides
    """
    device = default_device()
    images, labels = _kept(on, device)
    size = min(recipe.batch_size, len(images))
    batches = len(images) // size
    if recipe.epochs > EPOCHS or batches >= BATCHES:
        raise TrainingError(
            f"{title}: {recipe.epochs} epochs of {batches} batches: at most {EPOCHS} of less than "
            f"{BATCHES} have random numbers of their own."
        )
    shape, classes = tuple(images.shape[1:]), len(on.split.classes)
    network = models.build(recipe.model, shape, classes, seed).to(device)
    asked = {"seed": seed, "test": test and f"{test.key} {test.digest}"}
    state = {
        "epoch": 0, "batch": 0, "loss": 0.0, "correct": 0, "curve": [], "seconds": 0.0,
        "trained_on": on.digests(), "of": asdict(recipe) | asked, "sittings": [],
    }  # fmt: skip
    optimizer = optimizer_of(recipe, network.parameters())
    learner = Learner(network, optimizer, autocast(device, recipe.precision), state)
    if checkpoint is not None and checkpoint.exists():
        _resume(checkpoint, learner)
    state["sittings"].append(environment(recipe.precision))
    begun, before = time.monotonic(), state["seconds"]
    saved = begun

    def save() -> None:
        state["seconds"] = before + time.monotonic() - begun
        if checkpoint is not None:
            _save(checkpoint, learner)

    shown = bar(
        total=recipe.epochs * batches * size,
        initial=(state["epoch"] * batches + state["batch"]) * size,
        desc=title,
        unit="img",
        unit_scale=True,
        mininterval=0.5,
    )
    with shown:
        for _ in fit(learner, images, labels, recipe, seed, on.split.normalization, test):
            loss, share = (state[each] / state["batch"] for each in ("loss", "correct"))
            if not loss < float("inf"):
                raise TrainingError(
                    f"{title}: the loss is no longer finite (epoch {state['epoch'] + 1}, batch "
                    f"{state['batch']} of {batches}). Lower learning_rate={recipe.learning_rate}."
                )
            shown.update(size)
            shown.set_postfix(loss=f"{loss:.3f}", acc=f"{share / size:.1%}", refresh=False)
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                save()
                saved = time.monotonic()
        save()  # the last steps are not lost either if no record can be written
    network.eval()
    return learner


def augmented(images: Tensor, generator: torch.Generator, flips: bool = True) -> Tensor:
    """Each image of (N, C, H, W) shifted by up to `PADDING` pixels and, with `flips`, mirrored."""
    count, _, height, width = images.shape
    shift = torch.randint(2 * PADDING + 1, (2, count, 1, 1), generator=generator)
    flip = (torch.randint(2, (count, 1, 1), generator=generator) == 1) & flips
    rows = torch.arange(height).view(1, -1, 1) + shift[0]
    columns = torch.arange(width).view(1, 1, -1).expand(count, 1, width)
    columns = torch.where(flip, width - 1 - columns, columns) + shift[1]
    padded = F.pad(images, [PADDING] * 4)
    picked = padded.permute(0, 2, 3, 1)[torch.arange(count).view(-1, 1, 1), rows, columns]
    return picked.permute(0, 3, 1, 2)


def stream(seed: int, epoch: int, batch: int) -> torch.Generator:
    """The random numbers of a batch, counted from 1, or with 0 of the order of an epoch.

    Runs count off PyTorch's 2^32 seeds: all of the book's differ, which a test computes.
    """
    return torch.Generator().manual_seed((seed * EPOCHS + epoch) * BATCHES + batch)


def _kept(on: TrainingSet, device: torch.device) -> tuple[Tensor, Tensor]:
    """The images and labels to train on, resident on the device."""
    split, labels, images, classes = on.split, on.labels, on.images, len(on.split.classes)
    if on.inputs.source is None:
        split.require_all()
    if len(labels) != len(images):
        raise TrainingError(f"{split.name}: {len(images)} images but {len(labels)} labels.")
    images, labels = images[on.kept], labels[on.kept]
    if len(images) < 2:  # batch normalisation needs two
        raise TrainingError(
            f"{split.name}: {len(images)} image(s) left to train on. If they are the mistakes of a "
            "teacher, it makes too few: train it for fewer epochs, or use more or harder images."
        )
    # PyTorch would pass over what is labelled -100, and take logits for probabilities.
    if labels.ndim == 1:
        known = labels.dtype == torch.int64 and 0 <= labels.min() <= labels.max() < classes
    else:
        known = labels.shape[1] == classes and labels.is_floating_point() and labels.amin() >= 0
        known = known and (labels.double().sum(1) - 1).abs().amax() < 0.01
    if not known:
        raise TrainingError(
            f"{split.name}: labels are int64, from 0 to {classes - 1}, or probabilities: floats, a "
            f"column for each of {classes} classes, that sum to 1."
        )
    return images.to(device, memory_format=torch.channels_last), labels.to(device)


def _save(path: Path, learner: Learner) -> None:
    parts = {name: getattr(learner, name).state_dict() for name in ("network", "optimizer")}
    models.save({"state": learner.state, **parts}, path)


def _resume(path: Path, learner: Learner) -> None:
    """Go on from a checkpoint, if it is one of this very run."""
    state = learner.state
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        known = state | stored["state"]
        ours = all(known[name] == state[name] for name in ("trained_on", "of"))
        if ours:
            learner.network.load_state_dict(stored["network"])
            learner.optimizer.load_state_dict(stored["optimizer"])
    except Exception as error:
        raise TrainingError(
            f"The checkpoint {path} is damaged ({type(error).__name__}). "
            "Delete it to train this run from the start."
        ) from error
    if not ours:
        raise TrainingError(
            f"The checkpoint {path} is of a run on other labels or images, with other settings, or "
            "tested on others. Delete it to start afresh."
        )
    state.update(known)
