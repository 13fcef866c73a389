"""What the sliders show is trained once."""

import numpy as np
import pytest

from mislabel_utils.lab import Lab
from mislabel_utils.plane import exhibits
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
