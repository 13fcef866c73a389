"""Two cues: what moves the answer from the next class towards the class itself, one knob a time.

All are students of D_det as in `two_cues`, whose teachers, images, lesson and seeds they share.
`KNOBS` were named in its protocol before the first run. `MORE`, more images and longer lessons,
was added when it was known that on clothes, with 6,000 images, the two answers do not cross up to
a radius of 12.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from mislabel_utils.lab import Lab
from mislabel_utils.learning import adversarial
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm, two_cues
from mislabel_utils.studies.two_cues import COUNT, DATA, STUDENT, TEACHER, Cues, targets

SEEDS = two_cues.SEEDS
RADIUS = {"clothes": 1.5, "photographs": 0.5}  # those of *Adversarial errors*


class Knob(NamedTuple):
    """What differs from the students of D_det."""

    name: str  # in words
    attack: Mapping[str, Any] = {}  # parts of the attack
    lesson: Mapping[str, Any] = {}  # parts of the student's recipe
    teacher: Mapping[str, Any] = {}  # parts of the teacher's
    reached: bool = False  # only images whose target is reached; passes then make up for it
    count: int = COUNT  # images


LINF = {"epsilon": 8 / 255, "step_size": 8 / 255 / 5, "norm": "linf"}
KNOBS = {
    "steps": Knob("100 steps of the attack", attack={"steps": 100}),
    "reached": Knob("only targets that are reached", reached=True),
    "linf": Knob("L-infinity, 8/255", attack=LINF),
    "augmented": Knob("flips and shifts", lesson={"augment": True}),
    "mlp": Knob("an MLP as student", lesson={"model": "mlp"}),
    "mediocre": Knob("a teacher of two passes", teacher={"epochs": 2}),
    "deep": Knob("the deep CNN as student", lesson={"model": "deep_cnn"}),
}
MORE = {
    "more": Knob("five times the images, as many steps", lesson={"epochs": 4}, count=5 * COUNT),
    "more-longer": Knob("five times the images, five times the steps", count=5 * COUNT),
    "longer": Knob("five times the steps", lesson={"epochs": 100}),
}
MORE_RADII = (1.5, 8.0)  # on clothes

# By arm the images and the radius, and what is changed.
TURNED = {
    f"{data}-{name}": (data, RADIUS[data], knob) for data in DATA for name, knob in KNOBS.items()
} | {
    f"clothes-{name}-{radius:g}":
        ("clothes", radius, knob._replace(name=f"{knob.name}, radius {radius:g}"))
    for name, knob in MORE.items() for radius in MORE_RADII
}  # fmt: skip
ARMS = {arm: Arm.student(f"{data}: {knob.name}") for arm, (data, _, knob) in TURNED.items()}
ARMS |= {f"{data}-mediocre-teacher": Arm.teacher(f"{data}: of two passes") for data in DATA}

load = two_cues.load


def experiment(lab: Lab, seed: int) -> dict[str, Run]:
    """Every network of a seed, by arm: students of D_det with one knob turned, and their teachers
    where those are others."""
    runs = {}
    for arm, (data, radius, knob) in TURNED.items():
        one, passes = Cues(lab, data, seed), STUDENT.epochs
        kind = arm.removeprefix(one.prefix)
        if knob.teacher:
            recipe = replace(TEACHER, **knob.teacher)
            one.teacher = one.train(f"{kind}-teacher", one.images.train, recipe, seed)
        aims = targets(one.images.train, seed, knob.count)["det"]
        on = one.moved(aims, radius, **knob.attack)
        if knob.reached:
            # How many those are is reckoned from the 500 images of the prediction.
            said = one.foreseen(radius)
            passes /= (said["det"] == said["next"]).mean()
            on = adversarial.reached(one.teacher, on)
        one.learn(kind, on, replace(STUDENT, **{"epochs": round(passes)} | knob.lesson))
        runs |= {one.prefix + name: run for name, run in one.runs.items()}
    return runs
