"""Adversarial errors, second stage: other architectures, a better network, longer lessons.

Run: ``MISLABEL_SCALE=full MISLABEL_DATA=… python tools/adversarial_more.py PART [SEED…]`` with
one of the parts below. Written down before any of these runs, but after the first stage
(`adversarial_cheap`) was known: there the students of D_rand got 33.1 %, those of D_det 4.6 %.
Everything not said here is as it was there: the sets, the attack, the seeds, and the rule that two
arms differ if every seed of one is above every seed of the other.

**across**: does it take the teacher's own architecture? A multilayer perceptron (`mlp`) is taught
as the small CNN was: eight passes for the good teacher, two for the mediocre one. Each of the
small CNN and the MLP then learns from D_rand of each good teacher and from the natural mistakes of
each mediocre one, in the same lesson of about 1,950 steps. Features: a set teaches another
architecture as well as the teacher's own, as far as that one can learn at all (its row of clean
labels says how far). Model: a set teaches its teacher's architecture best. A trial looked at the
MLP's accuracy as a teacher (51 % after eight passes) and nothing else. A small vision transformer
(three layers of 64 units, patches of 4 x 4 pixels) was left out for its price: 390 images a
second where the small CNN manages 4,700.

**long**: is it the shortness of the lesson? Four times as many steps (7,800) for natural mistakes,
D_rand and the perturbations dealt to other images; and D_rand restricted to the images where the
teacher does say the target (*reached*), in the usual and in the long lesson. Features: *dealt*
comes up to D_rand. Model: *dealt* stays behind; *reached* and D_rand come nearer to natural
mistakes or pass them, for their lesson is then learnt.
"""

import sys
from dataclasses import replace

import adversarial_cheap as cheap

from mislabel_utils.learning import adversarial, training_sets
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.runs import Run

Made = dict[str, Run]
STUDENTS = ("small_cnn", "mlp")
LONGER = 4


def learn(on: TrainingSet, seed: int, arm: str, model: str = "small_cnn", times: int = 1) -> Run:
    """A student of the first stage's lesson, `times` as long."""
    passes = round(times * cheap.STEPS / (len(on) // cheap.lesson.batch_size))
    recipe = replace(cheap.lesson, model=model, epochs=passes)
    return cheap.lab.train(on, recipe, seed=1000 + seed, arm=arm, test=cheap.images.test)


def across(seed: int) -> None:
    """The multilayer perceptron as a teacher and as a student."""
    small = cheap.teachers(seed)
    made = {
        "small_cnn": (small["good"], small["mediocre"]),
        "mlp": (
            cheap.teach(seed, "mlp-good", model="mlp"),
            cheap.teach(seed, "mlp-mediocre", model="mlp", epochs=2),
        ),
    }
    learn(cheap.true, seed, "small-clean-mlp", "mlp")
    for name, (good, mediocre) in made.items():
        rand = cheap.moved(good, cheap.targets_of(seed)["rand"])
        if name == "mlp":
            cheap.described(good, rand, seed, "mlp-rand")
        sets = {"rand": rand, "natural": training_sets.mistakes(mediocre, cheap.images.train)}
        for kind, on in sets.items():
            for model in STUDENTS:
                if (name, model) != ("small_cnn", "small_cnn"):  # those are of the first stage
                    learn(on, seed, f"small-{kind}-{name}-to-{model}", model)


def long(seed: int) -> None:
    """Four times as many steps, and only the targets that were reached."""
    by = cheap.teachers(seed)
    rand = cheap.moved(by["good"], cheap.targets_of(seed)["rand"])
    reached = adversarial.reached(by["good"], rand)
    natural = training_sets.mistakes(by["mediocre"], cheap.images.train)
    learn(reached, seed, "small-reached")
    sets = {
        "rand": rand,
        "natural": natural,
        "reached": reached,
        "dealt": adversarial.dealt(rand, seed),
    }
    for name, on in sets.items():
        learn(on, seed, f"small-{name}-long", times=LONGER)


PARTS = {"across": across, "long": long}


if __name__ == "__main__":
    for each in map(int, sys.argv[2:] or cheap.SEEDS):
        PARTS[sys.argv[1]](each)
