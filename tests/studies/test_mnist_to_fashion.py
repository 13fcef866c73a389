"""*A shoe is a 2*: its study finds every record of the chapter."""

from functools import partial

import pytest

from mislabel_utils.commands.chapters import experiment_of
from mislabel_utils.lab import Lab
from mislabel_utils.recording.records import Store
from mislabel_utils.studies import mnist_to_fashion, study


def test_all_records_of_the_chapter_are_found():
    """And no other is asked for: at recorded scale that would be an error."""
    found = set()

    class Watched(Store):
        def find(self, identity):
            found.add(identity[:12])
            return super().find(identity)

    lab = Lab("mnist_to_fashion", store=Watched())
    for seed in mnist_to_fashion.SEEDS:
        for run in mnist_to_fashion.experiment(lab, seed).values():
            assert run.record.arm in mnist_to_fashion.ARMS
    of_chapter = {path.stem[-12:] for path in Store().paths() if path.parent.name == lab.chapter}
    assert found == of_chapter and len(found) == 185


def test_arms_have_names_of_their_own():
    arms = mnist_to_fashion.ARMS.values()
    assert len({arm.name for arm in arms}) == len(arms)
    assert {arm.role for arm in arms} == {"teacher", "student", "control"}
    assert {arm.labels for arm in arms} == {"teacher", "true", "other", ""}


def test_reproduce_takes_the_experiment_of_the_study(tmp_path):
    names = experiment_of("mnist_to_fashion", tmp_path)
    assert isinstance(names["experiment"], partial)
    assert names["experiment"].func is mnist_to_fashion.experiment
    assert list(names["SEEDS"]) == list(range(15))


@pytest.mark.parametrize("chapter", ["no_such", "../mnist_to_fashion", ""])
def test_a_chapter_without_a_study_has_none(chapter):
    assert study(chapter) is None
