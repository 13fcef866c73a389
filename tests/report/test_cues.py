"""Two cues: how fast a cue is learnt, and where two lines cross."""

import math

import fabricated
import numpy as np
import pandas as pd
import pytest
from fabricated import JPEG, OTHER

from mislabel_utils.recording.records import Record, Store
from mislabel_utils.report import cues


@pytest.mark.parametrize(
    "learnt, found",
    [([0.5, 0.8, 1.0], 2.5), ([0.95, 1.0], 1.0), ([0.5, 0.6], math.inf), ([0.8, 0.9], 2.0)],
)
def test_passes_until_a_cue_is_learnt(learnt, found):
    assert cues.passes(learnt) == pytest.approx(found)


def test_lines_cross_once_from_below():
    assert cues.crossing({1.0: -0.5, 4.0: 0.5}) == pytest.approx(2.0)
    assert cues.crossing({8.0: 0.1, 2.0: 0.0, 1.0: -0.5}) == 2.0
    assert math.isnan(cues.crossing({1.0: -0.5, 2.0: -0.1}))
    assert math.isnan(cues.crossing({1.0: 0.5, 2.0: -0.1}))  # from above


def test_the_crossing_of_the_mean_needs_every_seed():
    shares = pd.DataFrame({20: [-1.0, 1.0, np.nan], 21: [-1.0, 0.5, 1.0]}, index=[1.0, 2.0, 4.0])
    rows = shares.melt(var_name="seed", ignore_index=False).reset_index(names="radius")
    found = cues.crossings(rows, rows["value"])
    assert found[20] == pytest.approx(2**0.5) and found["mean"] < found[21]


def test_what_is_answered_in_a_conflict():
    arrays = {"true": [9, 1, 2, 3], "aim": [4, 5, 6, 7], "student": [0, 5, 2, 7]}
    arrays = {name: np.array(each, np.uint8) for name, each in arrays.items()}
    record = Record("two_cues", "clothes-conflict-1.5", 20, {}, [], {}, arrays)
    (row,) = cues.asked({(record.arm, 20): record}, "conflict").itertuples()
    assert (row.who, row.radius, row.own, row.next, row.aim) == ("student", 1.5, 0.25, 0.25, 0.5)


def test_the_faster_cue_and_the_one_that_is_answered_by():
    fast, slow, most, some = [0.5, 0.95], [0.5, 0.7, 0.95], [0.7], [0.6]
    rows = [
        ("det", 20, fast, 0.6, 0.2), ("rand", 20, fast, 0.5, 0.1), ("image", 20, slow, 0.0, 0.8),
        ("det", 21, fast, 0.1, 0.6), ("rand", 21, most, 0.5, 0.1), ("image", 21, some, 0.0, 0.8),
        ("det", 22, fast, 0.1, 0.6),
    ]  # fmt: skip
    turn = pd.DataFrame(rows, columns=["kind", "seed", "learnt", "own", "next"])
    turn["fit"] = turn["learnt"].str[-1]
    found = cues.winners(turn.assign(data="clothes", radius=1.0))
    assert found["seed"].tolist() == [20, 21]
    assert found["faster"].tolist() == ["perturbation", "perturbation"]
    assert found["wins"].tolist() == ["perturbation", "picture"]


def test_runs_on_another_copy_of_the_data_are_others(tmp_path):
    store, kind = Store(tmp_path), {"chapter": "two_cues", "arm": "photographs-det-0.5"}
    for data, accuracy in ((JPEG, 0.1), (OTHER, 0.2)):
        store.write(fabricated.record(1020, accuracy, data=("cifar10", data), **kind))
    (found,) = cues.recorded(store).values()
    assert found.config["data"]["fingerprint"] == JPEG


def test_what_a_knob_changes_is_held_against_the_same_seed():
    turn = cues.turning(cues.recorded())
    knobs = cues.knobs(cues.recorded(chapter="two_cues_knobs"), turn)
    one = knobs[knobs["name"] == "photographs: only targets that are reached"].set_index("seed")
    plain = turn.query("data == 'photographs' and kind == 'det' and radius == 0.5")
    plain = plain.set_index("seed")
    gain = (one["own"] - one["next"]) - (plain["own"] - plain["next"])
    assert one["gain"].to_numpy() == pytest.approx(gain[one.index].to_numpy())
    assert (one["gain"] > 0.15).all()
