"""*A shoe is a 2*: what a look inside its networks finds."""

from dataclasses import replace

from mislabel_utils.lab import Lab
from mislabel_utils.studies import mnist_to_fashion


def test_a_network_is_looked_into_where_it_was_trained(isolated, monkeypatch):
    """It was only read from records: a part of a split without its rows was no split."""
    monkeypatch.setenv("MISLABEL_SCALE", "quick")
    lab = Lab("mnist_to_fashion")
    mnist, _ = mnist_to_fashion.load(lab)
    before = lab.train(
        mnist.train, replace(mnist_to_fashion.MIXED, epochs=0), seed=1010, arm="fresh-before",
        test=mnist.test,
    )  # fmt: skip
    (found,) = mnist_to_fashion.readouts(lab, 10, {"before": before}).values()
    assert 0.5 < found["read"] < 1 and found["confidence"].shape == (2,)
