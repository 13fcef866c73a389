"""Verdicts follow their rule, and tables say what was measured and what was not."""

import numpy as np
import pytest

from mislabel_utils.recording.records import Record, Store
from mislabel_utils.showing.claims import CLAIMS, interval_text, scoreboard, verdict, verdicts
from mislabel_utils.showing.stats import estimate


@pytest.mark.parametrize(
    ("published", "values", "expected"),
    [
        (90.5, [90, 91, 92], "reproduced"),
        (60, [90, 91, 92], "exceeded"),
        (99, [90, 91, 92], "not reproduced"),
        (90.5, [90, 91], "too few seeds"),
    ],
)
def test_verdict(published, values, expected):
    assert verdict(published, estimate(values)) == expected


def test_verdict_is_about_one_more_run_not_about_the_mean():
    values = [80.0, 85, 90, 95, 100]
    ours = estimate(values)
    published = 77.0  # outside the mean's interval, but where one more run may well fall
    assert published < ours.low and verdict(published, ours) == "reproduced"


def test_quick_runs_are_not_judged():
    (row,) = verdicts({"mnist-teacher": [0.97]}, "quick", "MNIST").rows
    assert "not judged: quick run" in row and "a sample of MNIST" in row
    assert "97.00 %" in row


def test_counts_are_converted():
    values = CLAIMS["cifar-mistakes"].values([0.625])
    assert values == [18750.0]
    assert interval_text(estimate([18750.0]), "images") == "18,750 images"


def test_every_claim_names_its_source():
    assert all(claim.source.startswith("https://") for claim in CLAIMS.values())


def make(seed, accuracy):
    config = {"seed": seed}
    metrics = {"mnist/test@mnist": accuracy}
    return Record(
        "mnist_to_fashion", "teacher", seed, config, [], metrics, {"a": np.zeros(1, np.uint8)}
    )


def test_scoreboard_reads_the_records_and_admits_gaps(tmp_path):
    store = Store(tmp_path)
    for seed, accuracy in enumerate([0.990, 0.991, 0.992]):
        store.write(make(seed, accuracy))
    rows = {row[0]: row for row in scoreboard(store).rows}
    assert len(rows) == len(CLAIMS)
    measured = rows[CLAIMS["mnist-teacher"].statement]
    assert "99.10 % [98.85, 99.35]" in measured and "reproduced" in measured and "3" in measured
    missing = rows[CLAIMS["cifar-student"].statement]
    assert "not yet measured" in missing and "49.7 %" in missing


def test_scoreboard_counts_the_draws_of_a_record(tmp_path):
    store = Store(tmp_path)
    arrays = {"right": [22, 24, 23, 9], "fitted": [32, 32, 32, 31]}  # the last is no such teacher
    arrays = {name: np.array(values, np.uint8) for name, values in arrays.items()}
    store.write(Record("two_dimensions", "width-64", 0, {}, [], {}, arrays))
    claim = CLAIMS["plane-student"]
    (row,) = [row for row in scoreboard(store).rows if row[0] == claim.statement]
    assert "23.00 of 32 [20.52, 25.48]" in row and "3" in row and "reproduced" in row


def test_table_escapes_and_marks():
    html = verdicts({"mnist-teacher": [0.99, 0.991, 0.992]}, "full", "<b>MNIST</b>")._repr_html_()
    assert "&lt;b&gt;" in html and 'class="verdict reproduced"' in html
    assert 'href="https://distill.pub' in html
