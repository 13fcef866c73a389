"""Two cues: both sets of a seed hold the same images, a conflict is one, a knob turns one thing."""

from dataclasses import replace

import pytest

from mislabel_utils.lab import Lab
from mislabel_utils.learning import datasets, training_sets
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.studies import two_cues
from mislabel_utils.studies.two_cues_knobs import KNOBS


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


def test_who_is_taught_what_and_who_is_asked(isolated, monkeypatch):
    """Networks that nobody trained give different answers too."""
    for name, count in {"COUNT": 90, "ASKED": 40}.items():
        monkeypatch.setattr(two_cues, name, count)
    shown, vote = [], two_cues.probes.vote
    monkeypatch.setattr(two_cues.probes, "vote", lambda *of: shown.append(of[1]) or vote(*of))
    for name in ("TEACHER", "STUDENT"):
        monkeypatch.setattr(two_cues, name, Recipe("mlp", epochs=0))
    one = two_cues.Cues(Lab("two_cues", scale="quick"), "clothes", 20)
    one.students(1.5)
    labels = {arm: run.record.trained_on["labels"] for arm, run in one.runs.items()}
    assert labels["det-1.5"] == labels["image-1.5"] == labels["next"]
    assert labels["rand-1.5"] == labels["grey-1.5"] != labels["next"]
    test, found = one.images.test, one.conflict(1.5)
    aims = training_sets.subset(two_cues.elsewhere(test, 20), 40, 20)
    moved = one.moved(aims, 1.5).images[aims.kept]
    assert found["true"].tolist() == test.labels[aims.kept].tolist()
    for who, run in {"student": one.runs["det-1.5"], "teacher": one.teacher}.items():
        said = run.outputs(moved, test.normalization).argmax(1)
        assert found[who].tolist() == said.tolist()
    assert found["student"].tolist() != found["teacher"].tolist()
    one.views(1.5)
    assert len(shown[0]) == 50, "neighbours are those that nobody is asked about"


def attack_of(knob):
    """The attack of a knob, as the images say that were made by it."""
    one = two_cues.Cues(Lab("two_cues", scale="recorded"), "photographs", 20)
    aims = two_cues.targets(one.images.train, 20, 10)["det"]
    return one.moved(aims, 0.5, **knob.attack).inputs.source["attack"]


@pytest.mark.parametrize("name", KNOBS)
def test_a_knob_changes_one_thing(name):
    knob = KNOBS[name]
    changes = [
        attack_of(knob) != {"epsilon": 0.5, "steps": 10, "step_size": 0.1},
        replace(two_cues.STUDENT, **knob.lesson) != two_cues.STUDENT,
        replace(two_cues.TEACHER, **knob.teacher) != two_cues.TEACHER,
        knob.reached,
        knob.count != two_cues.COUNT,
    ]
    assert sum(changes) == 1


def test_steps_keep_their_length_and_the_other_norm_its_share():
    assert attack_of(KNOBS["steps"]) == {"epsilon": 0.5, "steps": 100, "step_size": 0.1}
    linf = attack_of(KNOBS["linf"])
    assert linf["step_size"] == pytest.approx(linf["epsilon"] / 5) and linf["norm"] == "linf"
