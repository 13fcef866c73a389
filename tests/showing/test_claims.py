"""Verdicts follow their rule, and tables say what was measured and what was not."""

import numpy as np
import pytest
from fabricated import FASHION, JPEG, OTHER, record

from mislabel_utils.recording.records import Record, Store
from mislabel_utils.showing.claims import CLAIMS, scoreboard, verdict, verdicts
from mislabel_utils.showing.stats import estimate
from mislabel_utils.showing.tables import interval_text


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
    (row,) = verdicts({"mnist-teacher": [0.97]}, "quick", "a sample of MNIST").rows
    assert "not judged: quick run" in row and "a sample of MNIST" in row
    assert "97.00 %" in row


def test_counts_are_converted():
    values = CLAIMS["cifar-mistakes"].values([0.625])
    assert values == [18750.0]
    assert interval_text(estimate([18750.0]), "images") == "18,750 images"


def test_every_claim_names_its_source():
    assert all(claim.source.startswith("https://") for claim in CLAIMS.values())


def board(tmp_path, *records):
    """The scoreboard's rows about the teacher of digits, or of the first record's own arm."""
    store = Store(tmp_path)
    for each in records:
        store.write(each)
    table = scoreboard(store)
    claimed = {c.statement for c in CLAIMS.values() if (c.chapter, c.arm) == key(records[0])}
    return [row for row in table.rows if row[0] in claimed], table


def key(record):
    return record.chapter, record.arm


def test_scoreboard_reads_the_records_and_admits_gaps(tmp_path):
    runs = [record(seed, accuracy=0.99 + seed / 1000) for seed in range(3)]
    (measured,), table = board(tmp_path, *runs)
    assert len(table.rows) == len(CLAIMS) and table.note == ""
    assert measured[2:5] == ["99.10 % [98.85, 99.35]", "3", "MNIST"]
    assert measured[6] == "reproduced"
    (missing,) = [row for row in table.rows if row[0] == CLAIMS["cifar-student"].statement]
    assert "not yet measured" in missing and "49.7 %" in missing


def test_scoreboard_pools_no_two_data_sets_and_says_why(tmp_path):
    kind = {"arm": "student", "chapter": "mislabeled", "test": "cifar10/test@cifar10"}
    ours = [record(s, 0.50, data=("cifar10", JPEG), **kind) for s in range(3)]
    theirs = [record(s, 0.60, data=("cifar10", OTHER), **kind) for s in range(4)]
    (first, second), table = board(tmp_path, *ours, *theirs)
    assert first[2:5] == ["50.00 % [50.00, 50.00]", "3", "CIFAR-10 (JPEG copy)"]
    assert second[2:5] == ["60.00 % [60.00, 60.00]", "4", f"cifar10, another copy ({OTHER[:8]})"]
    assert "its pixels differ" in table.note and table.note in table._repr_html_()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"precision": "mixed"}, "MNIST, mixed precision"),
        ({"protocol": 2}, "MNIST, other settings"),
        ({"learning_rate": 0.1}, "MNIST, other settings"),
    ],
)
def test_scoreboard_pools_no_two_protocols_or_precisions(tmp_path, changes, said):
    runs = [record(seed, 0.99) for seed in range(3)]
    (first, second), _ = board(tmp_path, *runs, record(3, 0.5, **changes))
    assert first[2:5] == ["99.00 % [99.00, 99.00]", "3", "MNIST"]
    assert second[2:5] == ["50.00 %", "1", said]


def test_scoreboard_leaves_out_a_run_that_is_to_go_on(tmp_path):
    runs = [record(seed, 0.99) for seed in range(3)]
    (row,), _ = board(tmp_path, *runs, record(3, 0.5, epochs_done=2))
    assert row[2:4] == ["99.00 % [99.00, 99.00]", "3"]


def test_scoreboard_names_the_data_of_the_test_where_they_are_others(tmp_path):
    (row,), _ = board(
        tmp_path, record(1000, 0.95, arm="student-own", data=("fashion_mnist", FASHION))
    )
    assert row[4] == "Fashion-MNIST, tested on MNIST"


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
