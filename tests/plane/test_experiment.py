"""Blocks of draws are trained once and then read from their records."""

import numpy as np
import pytest

from mislabel_utils.lab import Lab
from mislabel_utils.plane import experiment
from mislabel_utils.plane.experiment import Setting, measure
from mislabel_utils.recording.records import RecordError, Store

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


def test_another_setting_is_another_record(lab):
    measure(lab("full"), "small", SMALL, block=0)
    with pytest.raises(RecordError, match="make reproduce CHAPTER=two_dimensions"):
        measure(lab("recorded"), "small", Setting(width=8, count=4, epsilon=0.2), block=0)


def test_quick_scale_trains_a_tenth_and_keeps_nothing(lab):
    found = measure(lab("quick"), "small", SMALL, block=0, compared=True)
    assert len(found["right"]) == len(found["control_right"]) == 2
    assert not lab("quick").store.paths()
