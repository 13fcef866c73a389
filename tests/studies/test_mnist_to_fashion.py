"""*A shoe is a 2*: the command that reproduces it runs its study."""

from dataclasses import replace
from functools import partial

from mislabel_utils.commands.chapters import experiment_of
from mislabel_utils.lab import Lab
from mislabel_utils.studies import mnist_to_fashion


def test_reproduce_takes_the_experiment_of_the_study(tmp_path):
    names = experiment_of("mnist_to_fashion", tmp_path)
    assert isinstance(names["experiment"], partial)
    assert names["experiment"].func is mnist_to_fashion.experiment
    assert list(names["SEEDS"]) == list(range(15))


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
