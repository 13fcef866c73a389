"""Two cues, the knobs: each turns what it says."""

from dataclasses import replace

import pytest

from mislabel_utils.learning.adversarial import Attack
from mislabel_utils.studies import two_cues
from mislabel_utils.studies.two_cues_knobs import KNOBS, RADIUS


@pytest.mark.parametrize("name", KNOBS)
def test_a_knob_changes_one_thing(name):
    knob = KNOBS[name]
    before = two_cues.Cell("clothes", 20, RADIUS["clothes"]).attack
    changes = [
        replace(before, **knob.attack) != before,
        replace(two_cues.STUDENT, **knob.lesson) != two_cues.STUDENT,
        replace(two_cues.TEACHER, **knob.teacher) != two_cues.TEACHER,
        knob.reached,
        knob.count != two_cues.COUNT,
    ]
    assert sum(changes) == 1


def test_steps_keep_their_length_and_the_other_norm_its_share():
    attack = two_cues.Cell("photographs", 20, 0.5).attack
    assert replace(attack, **KNOBS["steps"].attack) == Attack(0.5, 100, 0.1)
    linf = replace(attack, **KNOBS["linf"].attack)
    assert linf.step_size == pytest.approx(linf.epsilon / 5) and linf.norm == "linf"
