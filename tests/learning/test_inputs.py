"""Inputs that are no data set's own: made alike each time, and never where they may not be."""

import dataclasses
from copy import deepcopy
from types import SimpleNamespace

import pytest
import torch
from toys import toy_split

from mislabel_utils.lab import Lab
from mislabel_utils.learning import inputs, models, training_sets
from mislabel_utils.learning.adversarial import (
    Attack,
    adversarial,
    dealt,
    on_grey,
    perturbations,
    reached,
    shaken,
    unmoved,
)
from mislabel_utils.learning.inputs import SIGNS, Inputs, drawn, noise, patches
from mislabel_utils.learning.training import Recipe
from mislabel_utils.recording.records import canonical
from mislabel_utils.recording.runs import Run

SPLIT, TEST = toy_split(40), toy_split(40, seed=1, name="toy/test")


@pytest.fixture
def run(isolated) -> Run:
    """A network that knows the toy's classes."""
    recipe = Recipe("small_cnn", epochs=20, batch_size=8)
    return Lab("toy", "quick").train(SPLIT, recipe, seed=0, arm="a", test=TEST, also=[SPLIT])


def larger(channels: int = 1):
    """A split of images as large as MNIST's."""
    return dataclasses.replace(toy_split(4), images=torch.zeros(4, channels, 28, 28).byte())


@pytest.mark.parametrize("channels", [1, 3])
def test_drawn_characters(channels):
    like = larger(channels)
    images = drawn(SIGNS, like, 300, 0).images
    assert images.shape == (300, channels, 28, 28) and images.dtype == torch.uint8
    assert torch.equal(images, drawn(SIGNS, like, 300, 0).images)
    assert len(images.flatten(1).unique(dim=0)) > 290, "hardly two are alike"
    assert (images.flatten(1).amax(1) > 100).all(), "each shows something"
    edge, everywhere = images[:, :, 0].float().mean(), images.float().mean()
    assert edge < 2 and 10 < everywhere < 60, "in the middle, on black"


def test_signs_are_no_digits_and_the_font_has_them():
    assert not any(map(str.isnumeric, SIGNS)) and len(SIGNS) == 368
    missing = drawn("\uffff", larger(), 1, 0).images
    shown = {drawn(sign, larger(), 1, 0).images.sum().item() for sign in SIGNS}
    assert missing.sum().item() not in shown


def test_signs_are_turned_by_up_to_fifteen_degrees():
    images = drawn("\u2212", larger(), 300, 0).images[:, 0].double()  # a minus sign
    total, pixels = images.sum((1, 2)), torch.arange(28.0).double()
    x, y = (images.sum(axis) @ pixels / total for axis in (1, 2))
    across, down = pixels - x[:, None], pixels - y[:, None]
    both = torch.einsum("nyx,ny,nx->n", images, down, across)
    along = (images.sum(1) * across**2).sum(1) - (images.sum(2) * down**2).sum(1)
    angles = torch.rad2deg(torch.atan2(2 * both, along) / 2).abs()
    assert 14 < angles.max() < 16


def test_what_shows_no_class_has_no_true_labels(run):
    shown = noise(SPLIT, 30, 0)
    assert training_sets.predictions(run, shown).labels.shape == (30,)
    assert training_sets.uniform(shown, 0).labels.shape == (30,)
    with pytest.raises(ValueError, match="uniform noise have no true labels"):
        _ = training_sets.mistakes(run, shown).labels


def test_a_teacher_of_made_images_answers_now(run):
    shown = noise(SPLIT, 30, 0)
    hard, soft = training_sets.predictions(run, shown), training_sets.soft_predictions(run, shown)
    assert hard.network == soft.network == run.weights
    assert training_sets.predictions(run, SPLIT).network is None, "it is recorded"
    assert torch.equal(hard.labels, soft.labels.argmax(1))
    assert torch.equal(hard.labels, run.outputs(shown.images, SPLIT.normalization).argmax(1))


def test_adversarial_examples_of_some(run):
    some = training_sets.subset(training_sets.next_class(SPLIT), 7, 0)
    made = adversarial(run, some, Attack(epsilon=1.5, steps=5, step_size=0.3))
    moved = (made.images != SPLIT.images / 255).flatten(1).any(1)
    assert torch.equal(moved, some.kept) and len(made) == 7
    soft = training_sets.soft_predictions(run, SPLIT)
    with pytest.raises(ValueError, match="probabilities: give predictions, not soft ones"):
        _ = adversarial(run, soft).images


def test_perturbations_put_to_other_uses(run):
    made = adversarial(run, training_sets.next_class(SPLIT), Attack(1.5, steps=10, step_size=0.3))
    added, start, others = perturbations(made), SPLIT.images / 255, dealt(made, 0)
    torch.testing.assert_close(on_grey(made).images, (added + 0.5).clamp(0, 1))
    # Each perturbation comes from another image with the same target, and each is used once.
    taken = torch.tensor([
        int(((start[n] + added).clamp(0, 1) - others.images[n]).abs().flatten(1).amax(1).argmin())
        for n in range(len(SPLIT))
    ])  # fmt: skip
    assert torch.equal(taken.sort().values, torch.arange(len(SPLIT)))
    assert (taken != torch.arange(len(SPLIT))).all()
    assert torch.equal(made.labels[taken], made.labels)
    for each in (others, on_grey(made)):
        assert torch.equal(each.labels, made.labels)
    with pytest.raises(ValueError, match="Only what was made from the images of toy/train"):
        perturbations(training_sets.true_labels(noise(SPLIT, 30, 0)))


def test_only_the_targets_that_were_reached(run):
    made, further = (
        adversarial(run, training_sets.uniform(SPLIT, 0), Attack(each, 5, 0.3)) for each in (1, 2)
    )
    some = reached(run, made)
    said = run.outputs(made.images, SPLIT.normalization).argmax(1)
    assert 0 < len(some) < len(SPLIT) and some.network == run.weights
    assert torch.equal(some.kept, said == made.labels)
    assert torch.equal(some.labels[some.kept], made.labels[some.kept])
    as_they_were = unmoved(some)
    assert as_they_were.images is SPLIT.images and torch.equal(as_they_were.labels, some.labels)
    assert as_they_were.source != unmoved(reached(run, further)).source, "reached in another attack"


def test_sources_of_places_tell_apart_what_is_different(run):
    uniform = training_sets.uniform(SPLIT, 0)
    made = [
        *(noise(SPLIT, *each) for each in ((3, 0), (4, 0), (3, 1))),
        noise(TEST, 3, 0),
        noise(SPLIT, 3, 0, "correlated"),
        *(drawn(*each) for each in (("a", SPLIT, 3, 0), ("b", SPLIT, 3, 0), ("a", SPLIT, 3, 1))),
        *(patches(SPLIT, *each) for each in ((3, 0), (4, 0), (3, 1))),
        adversarial(run, uniform).inputs,
        adversarial(run, training_sets.next_class(SPLIT)).inputs,
        adversarial(run, uniform, Attack(epsilon=1)).inputs,
        adversarial(run, uniform, Attack(steps=1)).inputs,
        adversarial(run, uniform, Attack(step_size=1)).inputs,
        dealt(adversarial(run, uniform), 0).inputs,
        dealt(adversarial(run, uniform), 1).inputs,
        on_grey(adversarial(run, uniform)).inputs,
        shaken(uniform, 0.5, 0).inputs,
        shaken(uniform, 0.5, 1).inputs,
        shaken(uniform, 0.25, 0).inputs,
    ]
    sources = {canonical(each.source) for each in made}
    assert len(sources) == len(made)
    labels = {canonical(training_sets.predictions(run, each).source) for each in made}
    assert len(labels) == len(made)


def test_an_attack_in_the_other_norm_moves_each_pixel_a_little(run):
    some = training_sets.next_class(SPLIT)
    attack = Attack(epsilon=0.05, steps=3, step_size=0.02, norm="linf")
    made = adversarial(run, some, attack)
    moved = (made.images - SPLIT.images / 255).abs()
    assert 0.04 < moved.amax() <= 0.05 + 1e-6
    assert made.inputs.source["attack"]["norm"] == "linf"


def test_a_network_left_in_training_mode_is_attacked_as_it_is():
    """Its normalisation does not see the attacked images, and it is left as it was."""
    network = models.build("deep_cnn", (1, 12, 12), 4, 0)
    images = torch.nn.functional.interpolate(SPLIT.images, size=12)
    split = dataclasses.replace(SPLIT, images=images)
    run = SimpleNamespace(network=network, precision="float32", id="r", weights="w")
    before = deepcopy(network.train().state_dict())
    network[3].eval()
    _ = adversarial(run, training_sets.next_class(split), Attack(steps=1)).images
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert [layer.training for layer in network][2:5] == [True, False, True]


@pytest.mark.parametrize("images", [SPLIT.images.float(), SPLIT.images.short(), SPLIT.images / 0])
def test_made_images_that_nobody_can_scale_are_refused(images):
    with pytest.raises(ValueError, match="Images of mine are not uint8 nor from 0 to 1"):
        _ = Inputs(SPLIT, {"kind": "mine"}, lambda: images).images


def test_a_part_holds_its_rows_and_is_another_data_set():
    rows = torch.tensor([7, 3, 3])
    part = inputs.part(SPLIT, rows)
    assert torch.equal(part.images, SPLIT.images[rows])
    assert part.labels.tolist() == SPLIT.labels[rows].tolist()
    assert part.complete and len(part) == 3
    others = [inputs.part(SPLIT, torch.tensor(each)) for each in ([3, 7, 3], [7, 3])]
    assert len({each.digest for each in (SPLIT, part, *others)}) == 4
