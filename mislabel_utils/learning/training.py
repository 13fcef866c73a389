"""One training loop for all of the book.

Everything random is drawn afresh from (seed, epoch, batch), so that a run resumed from a
checkpoint goes on exactly as if it had never stopped.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from mislabel_utils.learning import models
from mislabel_utils.learning.datasets import Split
from mislabel_utils.learning.inference import (
    accuracy,
    autocast,
    default_device,
    predict,
    standardised,
)
from mislabel_utils.learning.recipes import Recipe, learning_rate, optimizer_of
from mislabel_utils.learning.training_sets import TrainingSet

PROTOCOL = 1  # raise it when the loop changes what a recipe means: old records then count no more
CURVE_POINTS = 10  # evaluations on the test set during a run, so that they never dominate


class TrainingError(RuntimeError):
    """Training that cannot go on; the message says what to do."""


class Trained(NamedTuple):
    """What training leaves.

    network : in evaluation mode, on the device it was trained on
    curve : one dict an epoch: ``train_loss``, ``train_accuracy`` (of the batches as they were seen,
        on the labels given), ``test_accuracy`` where it was measured
    seconds : that it took, all sittings together
    trained_on : the digests of the training set, see `TrainingSet.digests`
    """

    network: nn.Module
    curve: list[dict[str, float]]
    seconds: float
    trained_on: dict[str, str]


def train(
    recipe: Recipe,
    on: TrainingSet,
    *,
    seed: int,
    test: Split | None = None,
    checkpoint: Path | None = None,
    checkpoint_seconds: float = 30.0,
    title: str = "train",
) -> Trained:
    """Train a fresh network on images and the labels that they were given.

    Parameters
    ----------
    on : the images, and a label for each; those that are left out are not trained on
    seed : determines initialisation, order and augmentation
    test : evaluated with its true labels for the learning curve only: after each epoch, or ten
        times, evenly spaced, in a longer run
    checkpoint : file that the state is written to every `checkpoint_seconds` and resumed from
    title : of the progress bar with loss, accuracy and images a second; ``TQDM_DISABLE=1`` in the
        environment hides it

    Raises
    ------
    TrainingError
        When no image is left, labels do not fit the images, the checkpoint is damaged or of another
        training set, or the loss is no longer finite.
    """
    device = default_device()
    # Reproducible on a GPU too, at a small cost in speed.
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    low = autocast(device, recipe.precision)
    images, labels = _kept(on, device)
    shape, classes = tuple(images.shape[1:]), len(on.split.classes)
    network = models.build(recipe.model, shape, classes, seed).to(device)
    optimizer = optimizer_of(recipe, network.parameters())
    scaled = low.fast_dtype == torch.float16
    scaler = torch.amp.GradScaler(device.type, enabled=scaled)
    parts = {"network": network, "optimizer": optimizer} | ({"scaler": scaler} if scaled else {})
    batch_size = min(recipe.batch_size, len(images))
    batches = len(images) // batch_size
    state = {"epoch": 0, "batch": 0, "loss": 0.0, "correct": 0, "curve": [], "seconds": 0.0}
    state["trained_on"] = trained_on = on.digests()
    if checkpoint is not None:
        _resume(checkpoint, parts, state)
    if state["trained_on"] != trained_on:
        raise TrainingError(
            f"{title}: its checkpoint {checkpoint} is of a run on other labels or images. Delete "
            "it to start afresh."
        )
    begun = saved = time.monotonic()
    before = state["seconds"]
    bar = tqdm(
        total=recipe.epochs * batches * batch_size,
        initial=(state["epoch"] * batches + state["batch"]) * batch_size,
        desc=title,
        unit="img",
        unit_scale=True,
        mininterval=0.5,
    )
    for epoch in range(state["epoch"], recipe.epochs):
        order = torch.randperm(len(images), generator=_generator(seed, epoch, 0)).to(device)
        network.train()
        for batch in range(state["batch"], batches):
            rows = order[batch * batch_size : (batch + 1) * batch_size]
            inputs, targets = images[rows], labels[rows]
            if recipe.augment:
                inputs = augmented(inputs, _generator(seed, epoch, batch + 1), recipe.flip)
            step = epoch * batches + batch
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe, step, recipe.epochs * batches)
            with low:
                logits = network(standardised(inputs, on.split.normalization)).float()
            loss = F.cross_entropy(logits, targets)
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            state["loss"] += float(loss.detach())
            hard = targets if targets.ndim == 1 else targets.argmax(1)
            state["correct"] += int((logits.argmax(1) == hard).sum())
            state["batch"] = batch + 1
            if not state["loss"] < float("inf"):
                raise TrainingError(
                    f"{title}: the loss is no longer finite (epoch {epoch + 1}, batch {batch + 1} "
                    f"of {batches}). Lower learning_rate={recipe.learning_rate}."
                )
            seen = (batch + 1) * batch_size
            bar.update(batch_size)
            bar.set_postfix(
                loss=f"{state['loss'] / (batch + 1):.3f}",
                acc=f"{state['correct'] / seen:.1%}",
                refresh=False,
            )
            if checkpoint is not None and time.monotonic() - saved > checkpoint_seconds:
                saved = time.monotonic()
                state["seconds"] = before + saved - begun
                _save(checkpoint, parts, state)
        point = {
            "train_loss": state["loss"] / batches,
            "train_accuracy": state["correct"] / (batches * batch_size),
        }
        last = epoch + 1 == recipe.epochs
        if test is not None and (last or (epoch + 1) % max(1, recipe.epochs // CURVE_POINTS) == 0):
            point["test_accuracy"] = accuracy(predict(network, test, recipe.precision), test.labels)
        state.update(epoch=epoch + 1, batch=0, loss=0.0, correct=0, curve=state["curve"] + [point])
    bar.close()
    state["seconds"] = before + time.monotonic() - begun
    if checkpoint is not None:  # the last steps are not lost either if no record can be written
        _save(checkpoint, parts, state)
    return Trained(network.eval(), state["curve"], state["seconds"], trained_on)


def augmented(
    images: Tensor, generator: torch.Generator, flips: bool = True, padding: int = 4
) -> Tensor:
    """Each image of (N, C, H, W) shifted by up to `padding` pixels and, with `flips`, mirrored."""
    count, _, height, width = images.shape
    shift = torch.randint(0, 2 * padding + 1, (2, count, 1, 1), generator=generator)
    flip = torch.randint(0, 2, (count, 1, 1), generator=generator, dtype=torch.bool) & flips
    rows = torch.arange(height).view(1, -1, 1) + shift[0]
    columns = torch.arange(width).view(1, 1, -1).expand(count, 1, width)
    columns = torch.where(flip, width - 1 - columns, columns) + shift[1]
    padded = F.pad(images, [padding] * 4)
    picked = padded.permute(0, 2, 3, 1)[torch.arange(count).view(-1, 1, 1), rows, columns]
    return picked.permute(0, 3, 1, 2)


def _generator(seed: int, epoch: int, batch: int) -> torch.Generator:
    """A stream of its own for each (seed, epoch, batch)."""
    return torch.Generator().manual_seed((seed * 1_000 + epoch) * 100_000 + batch)


def require_all(split: Split) -> None:
    """Raise a TrainingError unless each label of a split has its image, not only the sample's."""
    if not split.complete:
        raise TrainingError(f"{split.name}: only a sample of its images is loaded; load them all.")


def _kept(on: TrainingSet, device: torch.device) -> tuple[Tensor, Tensor]:
    """The images and labels to train on, resident on the device."""
    split, labels, images = on.split, on.labels, on.images
    if on.places.source is None:
        require_all(split)
    if len(labels) != len(images):
        raise TrainingError(f"{split.name}: {len(images)} images but {len(labels)} labels.")
    rows = on.kept.nonzero().squeeze(1)
    images, labels = images[rows], labels[rows]
    if labels.ndim == 1:
        if len(labels) and int(labels.max()) >= len(split.classes):
            raise TrainingError(
                f"{split.name}: label {int(labels.max())}, but only {len(split.classes)} classes."
            )
    elif labels.shape[1] != len(split.classes):
        raise TrainingError(
            f"{split.name}: probabilities of {labels.shape[1]} classes, but it has "
            f"{len(split.classes)} classes."
        )
    if len(images) < 2:  # batch normalisation needs two
        left = "a single image is" if len(images) else "no image is"
        raise TrainingError(
            f"{split.name}: {left} left to train on. If they are the mistakes of a teacher, it "
            "makes too few: train it for fewer epochs, or use more or harder images."
        )
    return images.to(device, memory_format=torch.channels_last), labels.to(device)


def _save(path: Path, parts: dict, state: dict) -> None:
    models.save({"state": state, **{k: v.state_dict() for k, v in parts.items()}}, path)


def _resume(path: Path, parts: dict, state: dict) -> None:
    """Load a checkpoint into the parts and the state; leave both alone when there is none."""
    if not path.exists():
        return
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        for name, part in parts.items():
            # A run that was begun where no loss is scaled has no state for what does that.
            if name != "scaler" or stored.get(name):
                part.load_state_dict(stored[name])
    except Exception as error:
        raise TrainingError(
            f"The checkpoint {path} is damaged ({type(error).__name__}). "
            "Delete it to train this run from the start."
        ) from error
    state.update(stored["state"])
