"""*A shoe is a 2*: the command that reproduces it runs its study."""

from functools import partial

from mislabel_utils.commands.chapters import experiment_of
from mislabel_utils.studies import mnist_to_fashion


def test_reproduce_takes_the_experiment_of_the_study(tmp_path):
    names = experiment_of("mnist_to_fashion", tmp_path)
    assert isinstance(names["experiment"], partial)
    assert names["experiment"].func is mnist_to_fashion.experiment
    assert list(names["SEEDS"]) == list(range(15))
