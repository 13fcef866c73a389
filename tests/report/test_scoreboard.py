"""The scoreboard shows what the records hold of each claim, and what they do not."""

import numpy as np
import pytest
from fabricated import FASHION, JPEG, OTHER, record

from mislabel_utils.recording.records import Record, Store
from mislabel_utils.recording.runs import Run
from mislabel_utils.report import results
from mislabel_utils.report.published import CLAIMS
from mislabel_utils.report.scoreboard import measured, scoreboard


@pytest.fixture(autouse=True)
def no_records(tmp_path, monkeypatch):
    """No draws of the plane are on record."""
    monkeypatch.setenv("MISLABEL_RECORDS", str(tmp_path))


def all_rows(*records):
    return measured(results.frame({place: {"": Run(one)} for place, one in enumerate(records)}))


def board(*records):
    """The scoreboard's rows about the first record's arm."""
    table = scoreboard(all_rows(*records))
    claimed = {c.statement for c in CLAIMS.values() if (c.chapter, c.arm) == key(records[0])}
    return [row for row in table.rows if row[0] in claimed], table


def key(record):
    return record.chapter, record.arm


def test_scoreboard_reads_the_records_and_admits_gaps():
    runs = [record(seed, accuracy=0.99 + seed / 1000) for seed in range(3)]
    (found,), table = board(*runs)
    assert len(table.rows) == len(CLAIMS)
    assert found[2:4] == ["99.10 % (99.00 to 99.20), 3 seeds; MNIST", "not applicable"]
    assert found[5] == "compatible"
    (missing,) = [row for row in table.rows if row[0] == CLAIMS["cifar-student"].statement]
    assert missing[1].text == "49.7 %"
    assert missing[2:] == ["–", "not yet measured", "–", "not yet measured"]


def test_scoreboard_pools_no_two_data_sets():
    kind = {"arm": "student", "chapter": "mislabeled", "test": "cifar10/test@cifar10"}
    ours = [record(s, 0.50, data=("cifar10", JPEG), **kind) for s in range(3)]
    theirs = [record(s, 0.60, data=("cifar10", OTHER), **kind) for s in range(4)]
    (found,), _ = board(*ours, *theirs)
    assert found[2] == "50.00 % (50.00 to 50.00), 3 seeds; CIFAR-10 (JPEG copy)"
    (found,), _ = board(*theirs)
    other = f"cifar10, another copy ({OTHER[:8]})"
    assert found[2] == f"60.00 % (60.00 to 60.00), 4 seeds; {other}"


@pytest.mark.parametrize(
    "changes",
    [
        {"precision": "mixed"}, {"protocol": 2}, {"learning_rate": 0.1},
        {"labels": {"kind": "uniform"}},
    ],
)  # fmt: skip
def test_scoreboard_pools_no_two_protocols_or_precisions(changes):
    labels = [{"kind": "mistakes", "run": 64 * f"{seed}"} for seed in range(4)]
    runs = [record(seed, 0.99, labels=labels[seed]) for seed in range(3)]
    (found,), _ = board(*runs, record(3, 0.5, **{"labels": labels[3]} | changes))
    assert found[2] == "99.00 % (99.00 to 99.00), 3 seeds; MNIST"


def test_scoreboard_counts_the_draws_of_a_record():
    arrays = {"right": [22, 24, 23, 9], "fitted": [32, 32, 32, 31]}  # the last is no such teacher
    arrays |= {"random_right": [15, 16, 17, 30]}
    arrays = {name: np.array(values, np.uint8) for name, values in arrays.items()}
    further = {"setting": {"epsilon": 0.3}}, {"draws": [4, 4]}
    for seed, config in enumerate(({"draws": [0, 4]}, *further)):
        Store().write(Record("two_dimensions", "width-64", seed, config, [], {}, arrays))
    (row,) = rows_of("plane-student")
    assert row.row()[2:] == [
        "median 23 of 32, 6 draws; random points", "yes", "22 to 24 of 32", "compatible",
    ]  # fmt: skip


def of_clothes(arm, accuracies, data=FASHION, test="mnist/test@mnist"):
    return [
        record(1000 + seed, accuracy, arm=arm, data=("fashion_mnist", data), test=test)
        for seed, accuracy in enumerate(accuracies)
    ]


def rows_of(name, *records):
    return [row for row in all_rows(*records) if row.claim is CLAIMS[name]]


def test_a_difference_is_paired_by_seed():
    (row,) = rows_of(
        "mnist-statistics-raw",
        *of_clothes("student-mnist", [0.95, 0.85, 0.90, 0.80]),
        *of_clothes("student-raw", [0.90, 0.81, 0.89], test="mnist/test@raw"),
    )
    assert row.values == pytest.approx([5, 4, 1])
    assert row.holds() == "yes"


def test_students_are_held_against_controls_on_the_same_data():
    name, arms = "mnist-student-own", CLAIMS["mnist-student-own"].controls
    students = of_clothes("student-own", [0.95] * 3)
    elsewhere = [each for arm in arms for each in of_clothes(arm, [0.1] * 3, data=OTHER)]
    (row,) = rows_of(name, *students, *elsewhere)
    assert row.holds() == "not judged: too few seeds of a control"
    here = [each for arm in arms for each in of_clothes(arm, [0.1] * 3)]
    (row,) = rows_of(name, *students, *elsewhere, *here)
    assert row.holds() == "yes" and set(row.controls) == set(arms)


def test_only_runs_of_one_recipe_are_subtracted():
    """A difference between precisions is none between normalisations."""
    kind = {"chapter": "mnist_to_fashion", "data": ("fashion_mnist", FASHION)}
    each = (
        one for seed in range(3)
        for one in (record(seed, 0.8, arm="student-mnist", precision="mixed", **kind),
                    record(seed, 0.9, arm="student-own", **kind))
    )  # fmt: skip
    assert [row.values for row in rows_of("mnist-statistics", *each)] == [[]]
