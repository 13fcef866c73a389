"""Data are named by their pixels."""

from fabricated import FASHION, JPEG, MNIST, OTHER

from mislabel_utils.report.origins import data_name, trained_on


def test_data_are_named_by_their_pixels():
    assert data_name("mnist", MNIST) == data_name("called otherwise", MNIST) == "MNIST"
    assert data_name("fashion_mnist", FASHION) == "Fashion-MNIST"
    assert data_name("cifar10", JPEG) == "CIFAR-10 (JPEG copy)"
    assert data_name("cifar10", OTHER) == "cifar10, another copy (1a2b3c4d)"
    assert data_name("my clothes", OTHER) == "my clothes (1a2b3c4d)"
    assert trained_on({"experiment": "illustration"}) is None
    assert trained_on({"experiment": "sweep", "on": FASHION}) == "Fashion-MNIST"
    assert trained_on({"experiment": "beginnings", "of": MNIST}) == "MNIST"
    assert trained_on({"experiment": "pair", "on": OTHER}) == "data set (1a2b3c4d)"
    assert trained_on({"experiment": "described", "on": "mnist/train@mnist"}) is None
