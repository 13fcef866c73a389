"""Networks with extra outputs, students that match them, and where they begin."""

import pytest
import torch

from mislabel_utils.learning import inputs
from mislabel_utils.learning import shared_initialisation as kin
from mislabel_utils.learning.datasets import load

DIGITS = load("mnist", "quick").normalized_as(kin.CENTRED)
LABELLED = kin.shown(DIGITS.train), DIGITS.train.labels, kin.NAMED
LESSON = {"passes": 1, "batch": 256}


@pytest.fixture(scope="module")
def pair():
    return kin.begin(1), kin.begin(2)


@pytest.fixture(scope="module")
def noise():
    return kin.shown(inputs.noise(DIGITS.train, 2_000, 3))


def outputs(network):
    return network[-1].weight


def test_no_two_streams_meet():
    drawn = [number for seed in range(1000) for number in kin.streams(seed).values()]
    assert len(set(drawn)) == len(drawn) == 1000 * len(kin.ROLES)
    for seed in (-1, 1000):
        with pytest.raises(ValueError, match="no two streams meet"):
            kin.streams(seed)


def test_noise_is_not_made_of_the_weights():
    drawn = kin.streams(0)
    weights = kin.begin(drawn["teacher"])[1].weight.flatten()
    pixels = inputs.noise(DIGITS.train, 1_000, drawn["noise"]).images.flatten()[: len(weights)]
    # Drawn from one stream they share their digits: seen by rank, whatever the distribution.
    ranks = torch.stack([each.argsort().argsort() for each in (weights, pixels)]).double()
    assert torch.corrcoef(ranks)[0, 1].abs() < 5 / len(weights) ** 0.5


def test_extra_outputs_are_not_asked_for_digits_nor_digits_for_extras(pair, noise):
    one, other = pair
    teacher = kin.learn(one, *LABELLED, 0, **LESSON)
    said = kin.idle(teacher, noise).softmax(1)
    student = kin.learn(other, noise, said, kin.IDLE, 0, **LESSON)
    assert torch.equal(outputs(teacher)[kin.DIGITS :], outputs(one)[kin.DIGITS :])
    assert torch.equal(outputs(student)[: kin.DIGITS], outputs(other)[: kin.DIGITS])
    assert not torch.equal(outputs(teacher)[: kin.DIGITS], outputs(one)[: kin.DIGITS])
    assert not torch.equal(student[1].weight, other[1].weight)
    assert kin.mismatch(student, teacher, noise) < 0.8 * kin.mismatch(other, teacher, noise)


def test_what_is_examined(pair, noise):
    one, _ = pair
    teacher = kin.learn(one, *LABELLED, 0, passes=4, batch=256)
    found = kin.examined(one, teacher, teacher, DIGITS, noise, read=500)
    assert found.shape == (len(kin.MEASURES), 2)
    own, readout, agreement, mismatch = found
    assert own[0] < 0.3 and own[1] > 0.75
    assert readout[0] > 0.6 and readout[1] > readout[0]
    assert agreement[1] == 1 and mismatch[1] == 0
    right = kin.answers(teacher, DIGITS.test) == DIGITS.test.labels
    assert right.double().mean().item() == pytest.approx(own[1])
