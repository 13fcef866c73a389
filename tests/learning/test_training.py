"""The training loop: it learns, it repeats itself to the bit, it resumes, it refuses nonsense."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from toys import fixed, same_weights, toy_split

from mislabel_utils.learning import environment, inference, models, training
from mislabel_utils.learning.inputs import Inputs, part
from mislabel_utils.learning.training import Recipe, TrainingError
from mislabel_utils.learning.training_sets import TrainingSet

pytestmark = pytest.mark.usefixtures("isolated")

SPLIT = toy_split()
TEST = toy_split(64, seed=1, name="toy/test")
RECIPE = Recipe("small_cnn", epochs=3, batch_size=16)  # 6 batches an epoch


def train(recipe, split, labels, **options):
    """The network and the curve, of labels that are at hand."""
    made = training.train(recipe, fixed(split, labels), **options)
    return made.network, made.state["curve"]


class Killed(BaseException):
    """Not an Exception: nothing may catch it, just as nothing catches a kill."""


def counted(monkeypatch, *arguments, stop=None, **options):
    """Train; what came of it, and the numbers of the steps that were taken.

    With a `stop` it is killed after so many, with a checkpoint after each: nothing came of it.
    """
    taken, schedule = [], training.learning_rate

    def counting(recipe, step, steps):
        if len(taken) == stop:
            raise Killed
        taken.append(step)
        return schedule(recipe, step, steps)

    with monkeypatch.context() as patch:
        patch.setattr(training, "learning_rate", counting)
        if stop is None:
            return train(*arguments, **options), taken
        patch.setattr(training, "CHECKPOINT_SECONDS", -1)
        with pytest.raises(Killed):
            train(*arguments, **options)


# It learns --------------------------------------------------------------------------------------


def test_a_separable_problem_is_learned():
    network, curve = train(
        dataclasses.replace(RECIPE, epochs=8), SPLIT, SPLIT.labels, seed=0, test=TEST
    )
    predicted = inference.predict(network, TEST)
    assert inference.accuracy(predicted, TEST.labels) > 0.95
    assert curve[-1]["test_accuracy"] == inference.accuracy(predicted, TEST.labels)
    assert len(curve) == 8
    assert curve[-1]["train_loss"] < 0.2 * curve[0]["train_loss"]
    assert curve[-1]["train_accuracy"] > 0.95
    assert not network.training


def test_one_step_is_the_textbooks():
    """A single full batch: gradient of the mean cross-entropy, Nesterov momentum, weight decay."""
    recipe = Recipe("small_cnn", epochs=1, batch_size=96, learning_rate=0.1, weight_decay=0.01)
    trained, curve = train(recipe, SPLIT, SPLIT.labels, seed=0)
    network = models.build("small_cnn", (1, 8, 8), 4, 0)
    inputs = (SPLIT.images.double() / 255 - 0.3) / 0.2
    network.double()
    loss = F.cross_entropy(network(inputs), SPLIT.labels)
    loss.backward()
    rate = training.learning_rate(recipe, 0, 1)
    for before, after in zip(network.parameters(), trained.parameters(), strict=True):
        slope = before.grad + 0.01 * before
        # the first step of Nesterov's momentum: slope + momentum * slope
        expected = before - rate * 1.9 * slope
        assert torch.allclose(after.double(), expected, atol=1e-6)
    assert curve[0]["train_loss"] == pytest.approx(loss.item(), rel=1e-5)


def test_left_out_images_play_no_part():
    labels = SPLIT.labels.clone()
    labels[::3] = -1
    few = part(SPLIT, (labels >= 0).nonzero().squeeze(1))
    one, curve = train(RECIPE, SPLIT, labels, seed=0)
    two, other = train(RECIPE, few, few.labels, seed=0)
    assert same_weights(one, two) and curve == other


def test_fewer_images_than_a_batch():
    labels = torch.full((96,), -1)
    labels[:5] = SPLIT.labels[:5]
    _, curve = train(RECIPE, SPLIT, labels, seed=0)
    assert curve[-1]["train_accuracy"] in [n / 5 for n in range(6)]


def test_soft_labels_are_more_than_their_maximum():
    # What the second most probable class is, the hard labels do not say.
    soft = 0.6 * F.one_hot(SPLIT.labels, 4) + 0.4 * F.one_hot((SPLIT.labels + 1) % 4, 4)
    network, _ = train(dataclasses.replace(RECIPE, epochs=20), SPLIT, soft, seed=0)
    outputs = inference.probabilities(network, TEST)
    assert outputs.gather(1, TEST.labels[:, None]).mean() == pytest.approx(0.6, abs=0.1)
    assert outputs.gather(1, (TEST.labels[:, None] + 1) % 4).mean() == pytest.approx(0.4, abs=0.1)


# It repeats itself ------------------------------------------------------------------------------


def test_same_seed_same_bits():
    recipe = dataclasses.replace(RECIPE, augment=True)
    one, curve = train(recipe, SPLIT, SPLIT.labels, seed=0, test=TEST)
    torch.rand(7)  # global random numbers play no part
    two, same_curve = train(recipe, SPLIT, SPLIT.labels, seed=0, test=TEST)
    assert same_weights(one, two)
    assert curve == same_curve
    other, _ = train(recipe, SPLIT, SPLIT.labels, seed=1, test=TEST)
    assert not same_weights(one, other)


# It resumes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 6, 17])  # within an epoch, between two, before the last
def test_resumed_is_bit_identical(tmp_path, monkeypatch, steps):
    recipe = dataclasses.replace(RECIPE, augment=True)
    whole, curve = train(recipe, SPLIT, SPLIT.labels, seed=0, test=TEST)
    job = {"seed": 0, "test": TEST, "checkpoint": tmp_path / "run.pt"}
    counted(monkeypatch, recipe, SPLIT, SPLIT.labels, **job, stop=steps)
    (resumed, second), taken = counted(monkeypatch, recipe, SPLIT, SPLIT.labels, **job)
    assert taken == list(range(steps, 18)), "it did not go on where it was stopped"
    assert same_weights(whole, resumed)
    assert second == curve


@pytest.mark.parametrize(
    ("epochs", "change"),
    [(4, {}), (3, {"seed": 1}), (3, {"test": SPLIT}), (3, {"labels": SPLIT.labels.flip(0)})],
)
def test_a_checkpoint_that_is_damaged_or_of_other_settings(tmp_path, monkeypatch, epochs, change):
    """Another test set too: the curve would be of both."""
    job = {"labels": SPLIT.labels, "seed": 0, "test": TEST, "checkpoint": tmp_path / "run.pt"}
    counted(monkeypatch, RECIPE, SPLIT, **job, stop=8)
    with pytest.raises(TrainingError, match="of a run on other labels or images, with other"):
        train(dataclasses.replace(RECIPE, epochs=epochs), SPLIT, **job | change)
    job["checkpoint"].write_bytes(job["checkpoint"].read_bytes()[:-99])
    with pytest.raises(TrainingError, match=r"run\.pt is damaged .*Delete it to train this run"):
        train(RECIPE, SPLIT, **job)


# Mixed precision --------------------------------------------------------------------------------


def test_mixed_precision_learns_and_keeps_float32_weights(monkeypatch):
    """On a machine that multiplies bfloat16, or acts so: PyTorch emulates what the CPU has not."""
    monkeypatch.setattr(environment, "mixed_dtype", lambda device: torch.bfloat16)
    mixed = dataclasses.replace(RECIPE, precision="mixed")
    network, curve = train(mixed, SPLIT, SPLIT.labels, seed=0, test=TEST)
    assert {tensor.dtype for tensor in network.state_dict().values()} == {torch.float32}
    assert curve[-1]["test_accuracy"] > 0.9
    low, high = (
        inference.outputs(network, TEST.images, TEST.normalization, each)
        for each in ("mixed", "float32")
    )
    assert low.dtype == torch.float32
    assert not torch.equal(low, high)
    assert (low - high).abs().max() < 0.05 * high.abs().max()


def test_mixed_is_float32_where_there_is_nothing_faster(monkeypatch):
    monkeypatch.setattr(environment, "mixed_dtype", lambda device: torch.float32)
    mixed = dataclasses.replace(RECIPE, precision="mixed")
    network, _ = train(mixed, SPLIT, SPLIT.labels, seed=0)
    assert same_weights(network, train(RECIPE, SPLIT, SPLIT.labels, seed=0)[0])


# It refuses nonsense ----------------------------------------------------------------------------


def test_diverged_weights_are_not_kept_for_resuming(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1)
    recipe, file = dataclasses.replace(RECIPE, learning_rate=1e12), tmp_path / "run.pt"
    with pytest.raises(TrainingError, match="no longer finite"):
        train(recipe, SPLIT, SPLIT.labels, seed=0, checkpoint=file)
    assert torch.load(file, weights_only=True)["state"]["loss"] < float("inf")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.full((96,), -1), r"toy/train: 0 image\(s\) left"),
        (SPLIT.labels[:-1], "96 images but 95 labels"),
        (SPLIT.labels + 1, "labels are int64, from 0 to 3, or"),
        (SPLIT.labels.where(SPLIT.labels > 0, -100), "labels are"),  # PyTorch would pass over it
        (torch.log(F.one_hot(SPLIT.labels, 4) + 0.1), "that sum to 1"),
    ],
)
def test_labels_that_are_none(labels, message):
    with pytest.raises(TrainingError, match=message):
        train(RECIPE, SPLIT, labels, seed=0)


# Its parts --------------------------------------------------------------------------------------


def test_images_that_are_made_keep_their_precision():
    """Floats are standardised as they are: nothing is rounded to bytes."""
    exact = SPLIT.images / 255
    made = TrainingSet(Inputs(SPLIT, {"kind": "made"}, lambda: exact), {}, lambda: SPLIT.labels)
    first = training.train(RECIPE, made, seed=0).network
    assert same_weights(first, train(RECIPE, SPLIT, SPLIT.labels, seed=0)[0])
    moved = exact + 1e-4
    made = TrainingSet(Inputs(SPLIT, {"kind": "made"}, lambda: moved), {}, lambda: SPLIT.labels)
    assert not same_weights(first, training.train(RECIPE, made, seed=0).network)
