"""Each study finds every record of its chapter, and asks for no other."""

import pytest

from mislabel_utils.lab import Lab
from mislabel_utils.recording.records import Store
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import study

RECORDS = {
    "mnist_to_fashion": 185,
    "mislabeled": 202,
    "adversarial_errors": 316,
    "what_leaks": 90,
    "where_it_stops": 20,
    "corrections": 24,
    "two_dimensions": 42,
    "two_cues": 306,
    "two_cues_knobs": 66,
    "published_scale": 10,
    "mislabeled_readings": 36,
}


class Watched(Store):
    """Keeps what it was asked for."""

    def __init__(self):
        super().__init__()
        self.asked = set()

    def find(self, identity):
        self.asked.add(identity[:12])
        return super().find(identity)


def of_chapter(chapter):
    return {path.stem[-12:] for path in Store().paths() if path.parent.name == chapter}


@pytest.mark.parametrize("chapter", RECORDS)
def test_all_records_of_the_chapter_are_found(chapter):
    """At recorded scale it is an error to ask for one that is not there."""
    module = study(chapter)
    lab = Lab(chapter, store=Watched())
    for seed in module.SEEDS:
        for run in module.experiment(lab, seed).values():
            # A network that another chapter has trained first has its record there; what was
            # measured of many networks is no run.
            assert (
                not isinstance(run, Run)
                or run.record.arm in module.ARMS
                or run.record.chapter != chapter
            )
    assert of_chapter(chapter) <= lab.store.asked and len(of_chapter(chapter)) == RECORDS[chapter]


@pytest.mark.parametrize("chapter", RECORDS)
def test_arms_have_names_of_their_own(chapter):
    arms = study(chapter).ARMS.values()
    assert len({arm.name for arm in arms}) == len(arms)
    assert {arm.role for arm in arms} <= {"teacher", "student", "control"}
    assert {arm.labels for arm in arms} <= {"teacher", "true", "other", ""}
