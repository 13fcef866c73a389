"""The training loop: it learns, it repeats itself to the bit, it resumes, it refuses nonsense."""

import dataclasses
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from toys import fixed, same_weights, toy_split
from tqdm.notebook import tqdm as notebook_bar

from mislabel_utils.learning import environment, inference, models, training
from mislabel_utils.learning.datasets import DataError
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


def test_the_bar_of_progress_can_be_hidden(monkeypatch):
    """In a notebook it was shown all the same: there it does not ask the environment."""
    monkeypatch.setattr(environment, "tqdm", notebook_bar)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert environment.bar([]).disable


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


def test_each_epoch_and_batch_has_random_numbers_of_its_own():
    """Seed 0 met seed 1 in epoch 1,000."""
    keys = set(product((0, 1, 999), (0, 1, 2, 999), (0, 1, 2, 99_999)))
    draws = [torch.randperm(30, generator=training.stream(*key)).tolist() for key in keys]
    assert len({tuple(draw) for draw in draws}) == len(keys)


def test_more_than_has_random_numbers_of_its_own_is_refused(monkeypatch):
    with pytest.raises(TrainingError, match="1001 epochs of 6 batches: at most 1000"):
        train(dataclasses.replace(RECIPE, epochs=1_001), SPLIT, SPLIT.labels, seed=0)
    monkeypatch.setattr(training, "BATCHES", 6)
    with pytest.raises(TrainingError, match="6 batches: at most 1000 of less than 6"):
        train(RECIPE, SPLIT, SPLIT.labels, seed=0)


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


# Mixed precision --------------------------------------------------------------------------------


@pytest.fixture
def bfloat16(monkeypatch):
    """A machine that multiplies bfloat16, or acts so: PyTorch emulates what the CPU has not."""
    monkeypatch.setattr(environment, "mixed_dtype", lambda device: torch.bfloat16)


@pytest.mark.usefixtures("bfloat16")
def test_resumed_with_batch_normalisation_in_mixed_precision(tmp_path, monkeypatch):
    split = toy_split(8, channels=3)
    recipe = Recipe("resnet18-imagenet", 2, batch_size=4, augment=True, precision="mixed")
    whole, curve = train(recipe, split, split.labels, seed=0, test=split)
    # the evaluation after an epoch is not the end of training
    assert whole.bn1.num_batches_tracked == 4
    job = {"seed": 0, "test": split, "checkpoint": tmp_path / "run.pt"}
    counted(monkeypatch, recipe, split, split.labels, **job, stop=3)
    (resumed, second), taken = counted(monkeypatch, recipe, split, split.labels, **job)
    assert taken == [3]
    assert same_weights(whole, resumed), "running means and deviations included"
    assert second == curve


@pytest.mark.usefixtures("bfloat16")
def test_mixed_precision_learns_and_keeps_float32_weights():
    mixed = dataclasses.replace(RECIPE, precision="mixed")
    network, curve = train(mixed, SPLIT, SPLIT.labels, seed=0, test=TEST)
    exact, _ = train(RECIPE, SPLIT, SPLIT.labels, seed=0, test=TEST)
    assert {tensor.dtype for tensor in network.state_dict().values()} == {torch.float32}
    assert not same_weights(network, exact), "it was float32 after all"
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


@pytest.mark.parametrize("rest", [b"", b"nonsense"])
def test_damaged_checkpoint(tmp_path, monkeypatch, rest):
    file = tmp_path / "run.pt"
    counted(monkeypatch, RECIPE, SPLIT, SPLIT.labels, seed=0, checkpoint=file, stop=3)
    file.write_bytes(rest or file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(TrainingError, match=r"run\.pt is damaged .*Delete it to train this run"):
        train(RECIPE, SPLIT, SPLIT.labels, seed=0, checkpoint=file)


def test_checkpoints_are_written_in_intervals(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(training, "_save", lambda *given: saved.append(given))
    train(RECIPE, SPLIT, SPLIT.labels, seed=0, checkpoint=tmp_path / "run.pt")
    assert len(saved) == 1, "at the end alone"


def test_checkpoint_that_would_run_code(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    torch.save({"network": Trap()}, tmp_path / "run.pt")
    with pytest.raises(TrainingError, match="Delete it"):
        train(RECIPE, SPLIT, SPLIT.labels, seed=0, checkpoint=tmp_path / "run.pt")
    assert not (tmp_path / "sprung").exists()


# It refuses nonsense ----------------------------------------------------------------------------


def test_diverged_weights_are_not_kept_for_resuming(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1)
    recipe = dataclasses.replace(RECIPE, learning_rate=1e12)
    file = tmp_path / "run.pt"
    for _ in range(2):
        with pytest.raises(TrainingError, match="no longer finite"):
            train(recipe, SPLIT, SPLIT.labels, seed=0, checkpoint=file)
    stored = torch.load(file, weights_only=True)
    assert stored["state"]["loss"] < float("inf")


def test_no_image_left():
    with pytest.raises(TrainingError, match=r"toy/train: 0 image\(s\) left"):
        train(RECIPE, SPLIT, torch.full((96,), -1), seed=0)


def test_labels_of_another_set():
    with pytest.raises(TrainingError, match="96 images but 95 labels"):
        train(RECIPE, SPLIT, SPLIT.labels[:-1], seed=0)


def one_as(label):
    labels = SPLIT.labels.clone()
    labels[3] = label
    return labels


SOFT = F.one_hot(SPLIT.labels, 4).float()


@pytest.mark.parametrize(
    "labels",
    [
        one_as(4),
        one_as(-2),
        one_as(-100),  # which PyTorch would pass over
        SPLIT.labels.int(),
        torch.full((96, 5), 0.2),
        SOFT.long(),
        2 * SOFT - 0.25,  # sums of 1, and below 0
        torch.log(SOFT + 0.1),
        SOFT / 0,
    ],
)
def test_labels_that_are_none(labels):
    with pytest.raises(TrainingError, match="toy/train: labels are int64, from 0 to 3, or"):
        train(RECIPE, SPLIT, labels, seed=0)


def test_incomplete_split():
    few = dataclasses.replace(SPLIT, images=SPLIT.images[:10], index=torch.arange(10))
    with pytest.raises(DataError, match="only a sample of its images is loaded; load them all"):
        train(RECIPE, few, few.labels, seed=0)


# Its parts --------------------------------------------------------------------------------------


def test_seconds_of_all_sittings(tmp_path, monkeypatch):
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setattr(training.time, "monotonic", lambda: next(clock))
    job = {"seed": 0, "checkpoint": tmp_path / "run.pt"}
    counted(monkeypatch, RECIPE, SPLIT, SPLIT.labels, **job, stop=6)
    first = torch.load(job["checkpoint"], weights_only=True)["state"]["seconds"]
    second = training.train(RECIPE, fixed(SPLIT, SPLIT.labels), **job).state["seconds"]
    assert first > 0 and second > 2 * first


def test_images_that_are_made_keep_their_precision():
    """Floats are standardised as they are: nothing is rounded to bytes."""
    exact = SPLIT.images / 255
    made = TrainingSet(Inputs(SPLIT, {"kind": "made"}, lambda: exact), {}, lambda: SPLIT.labels)
    first = training.train(RECIPE, made, seed=0).network
    assert same_weights(first, train(RECIPE, SPLIT, SPLIT.labels, seed=0)[0])
    moved = exact + 1e-4
    made = TrainingSet(Inputs(SPLIT, {"kind": "made"}, lambda: moved), {}, lambda: SPLIT.labels)
    assert not same_weights(first, training.train(RECIPE, made, seed=0).network)


@pytest.mark.parametrize(
    "change", [{"epochs": 4}, {"seed": 1}, {"test": SPLIT}, {"labels": SPLIT.labels.flip(0)}]
)
def test_a_checkpoint_of_other_settings(tmp_path, monkeypatch, change):
    """Another test set too: the curve would be of both."""
    job = {"seed": 0, "test": TEST, "checkpoint": tmp_path / "run.pt"}
    counted(monkeypatch, RECIPE, SPLIT, SPLIT.labels, **job, stop=8)
    other = dataclasses.replace(RECIPE, epochs=change.get("epochs", 3))
    labels = change.get("labels", SPLIT.labels)
    change = {name: change[name] for name in job if name in change}
    with pytest.raises(TrainingError, match="of a run on other labels or images, with other"):
        train(other, SPLIT, labels, **job | change)
    train(RECIPE, SPLIT, SPLIT.labels, **job)


def test_asking_leaves_the_modes_of_a_network_alone():
    network = models.build("small_cnn", (1, 8, 8), 4, 0).train()
    network[1].eval()
    before = [layer.training for layer in network]
    inference.predict(network, SPLIT)
    inference.features(network, SPLIT.images, SPLIT.normalization)
    assert [layer.training for layer in network] == before


def test_accuracy_is_of_as_many():
    with pytest.raises(ValueError, match="1 predictions for 96 labels"):
        inference.accuracy(torch.zeros(1, dtype=torch.int64), SPLIT.labels)
