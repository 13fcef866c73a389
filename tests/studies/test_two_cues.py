"""Two cues: both sets of a seed hold the same images, and a conflict is one."""

from mislabel_utils.learning import datasets
from mislabel_utils.studies import two_cues


def test_det_and_rand_move_the_same_images():
    images = datasets.load("fashion_mnist", "quick").train
    aims = two_cues.targets(images, seed=20, count=500)
    assert (aims["det"].kept == aims["rand"].kept).all() and len(aims["det"]) == 500
    rows = aims["det"].kept
    assert (aims["det"].labels[rows] == (images.labels[rows] + 1) % 10).all()
    right = (aims["rand"].labels[rows] == images.labels[rows]).float().mean()
    assert 0.05 < right < 0.15  # a tenth of random targets is the image's own class


def test_in_a_conflict_the_aim_is_neither_own_nor_next():
    images = datasets.load("fashion_mnist", "quick").test
    shift = (two_cues.elsewhere(images, seed=20).labels - images.labels) % 10
    assert shift.unique().tolist() == list(range(2, 10))
