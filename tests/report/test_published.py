"""The published claims say where they come from."""

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
