"""The published claims say where they come from, and find what the records hold of them."""

import numpy as np
from fabricated import record

from mislabel_utils.recording.records import Record
from mislabel_utils.report.published import CLAIMS


def test_every_claim_names_its_source():
    assert all(claim.source.startswith("https://") for claim in CLAIMS.values())


def test_no_measurement_is_claimed_twice():
    rows = {(c.chapter, c.arm, c.metric, c.less) for c in CLAIMS.values()}
    assert len(rows) == len(CLAIMS)
    assert len({claim.name for claim in CLAIMS.values()}) == len(CLAIMS)


def test_a_published_difference_is_that_of_its_two_numbers():
    with_mnist, own = (CLAIMS[f"mnist-student-{of}"].published for of in ("mnist", "own"))
    for name in ("mnist-statistics", "mnist-statistics-raw"):
        assert round(with_mnist - own, 2) == CLAIMS[name].published


def test_accuracies_become_per_cent_and_counts_stay():
    assert CLAIMS["cifar-student"].values([0.5]) == [50]
    assert CLAIMS["plane-student"].values([23]) == [23]


def test_a_record_holds_one_number_or_none_or_one_for_each_draw_that_counts():
    assert CLAIMS["mnist-teacher"].measured(record(accuracy=0.99)) == [0.99]
    assert CLAIMS["mnist-teacher"].measured(record(), "mnist/test@raw") == []
    arrays = {"right": [22, 9], "random_right": [16, 17], "fitted": [32, 31]}
    draws = Record("", "", 0, {}, [], {}, {n: np.array(v) for n, v in arrays.items()})
    claim = CLAIMS["plane-student"]
    assert claim.measured(draws) == [22] and claim.measured(draws, "random_right") == [16]
    assert claim.measured(record()) == []
