"""Blocks of draws are trained once and then read from their records."""

import numpy as np
import pytest

from mislabel_utils.lab import Lab
from mislabel_utils.plane import experiment
from mislabel_utils.plane.experiment import Setting, measure
from mislabel_utils.recording.records import Store

SMALL = Setting(width=8, count=4)


@pytest.fixture
def lab(isolated, monkeypatch):
    """A laboratory of the given scale with a store of its own and blocks of 20 draws."""
    monkeypatch.setattr(experiment, "BLOCK", 20)
    return lambda scale: Lab("two_dimensions", scale, Store(isolated / "records"))


def test_a_block_is_trained_once_and_then_read(lab, monkeypatch):
    trained = measure(lab("full"), "small", SMALL, block=1)
    monkeypatch.setattr(experiment, "lesson", None)  # no more training
    for scale in ("recorded", "full"):
        read = measure(lab(scale), "small", SMALL, block=1)
        assert read.keys() == trained.keys()
        assert all(np.array_equal(read[name], trained[name]) for name in read)
    (record,) = lab("recorded").store
    assert (record.arm, record.seed) == ("small", 1)


def test_quick_scale_trains_a_tenth_and_keeps_nothing(lab):
    found = measure(lab("quick"), "small", SMALL, block=0, compared=True)
    assert len(found["right"]) == len(found["control_right"]) == 2
    assert not lab("quick").store.paths()


def test_an_exhibit_is_the_draw_of_its_block(isolated):
    """At quick scale, where a block has 25 draws: of these, not one that was trained alone."""
    lab = Lab("two_dimensions", "quick")
    shown = experiment.exhibit(lab, 7)
    counted = measure(lab, "width-64", Setting(), 0)
    assert shown["right"].sum() == counted["right"][7]
    assert shown["flipped"].sum() == counted["flipped"][7]
    given = experiment.lesson(Setting(), experiment.draws_of(lab, 0))
    assert np.array_equal(shown["moved"], given.adversarial[7])
    assert shown["student"].shape == (experiment.SIDE,) * 2
