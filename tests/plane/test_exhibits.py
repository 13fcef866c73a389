"""Draws to look at are trained once, and one of them as it is counted."""

import numpy as np
import pytest

from mislabel_utils.lab import Lab
from mislabel_utils.plane import exhibits, experiment
from mislabel_utils.recording.records import RecordError, Store


def test_exhibits_are_trained_once_and_then_read(isolated, monkeypatch):
    monkeypatch.setattr(exhibits.experiment, "train", lambda nets, *_: nets)  # no time for training
    store = Store(isolated / "records")
    wanted = (0, 1), (0.1, 0.2, 0.3)
    with pytest.raises(RecordError, match="make reproduce CHAPTER=two_dimensions"):
        exhibits.exhibits(Lab("two_dimensions", "recorded", store), *wanted)
    trained = exhibits.exhibits(Lab("two_dimensions", "full", store), *wanted)
    assert trained["moved"].shape == (2, 3, 32, 2)
    assert trained["student"].shape == (2, 3, exhibits.SIDE, exhibits.SIDE)
    read = exhibits.exhibits(Lab("two_dimensions", "recorded", store), *wanted)
    assert all(np.array_equal(read[name], trained[name]) for name in trained)


def test_an_exhibit_is_the_draw_of_its_block(isolated):
    """At quick scale, where a block has 25 draws: of these, not one that was trained alone."""
    lab = Lab("two_dimensions", "quick")
    shown = exhibits.exhibit(lab, 7)
    counted = experiment.measure(lab, "width-64", experiment.Setting(), 0)
    assert shown["right"].sum() == counted["right"][7]
    assert shown["flipped"].sum() == counted["flipped"][7]
    assert shown["moved"].shape == (32, 2) and shown["student"].shape == (exhibits.SIDE,) * 2
