"""Adversarial errors in a lesson four times as long: written down, and not yet run.

Is it the shortness of the lesson? Four times as many steps (7,800) for natural mistakes, D_rand
and the perturbations dealt to other images; and D_rand restricted to the images where the teacher
does say the target (*reached*), in the usual and in the long lesson. Features: *dealt* comes up to
D_rand. Model: *dealt* stays behind; *reached* and D_rand come nearer to natural mistakes or pass
them, for their lesson is then learnt. Everything else is the chapter's own: its cells are run.

Run: ``MISLABEL_SCALE=full MISLABEL_DATA=… python tools/adversarial_long.py [SEED…]``
"""

import sys
from pathlib import Path

from mislabel_utils.commands.chapters import experiment_of
from mislabel_utils.learning import adversarial

LONGER = 4
page = experiment_of("adversarial_errors", Path(__file__).parents[1] / "book")


def main(seed: int) -> None:
    by, learn = page["teachers"](seed), page["learn"]
    rand = page["moved"](by["good"], page["targets_of"](seed)["rand"])
    sets = {
        "rand": rand,
        "natural": page["natural_of"](seed, by)["natural"],
        "reached": adversarial.reached(by["good"], rand),
        "dealt": adversarial.dealt(rand, seed),
    }
    learn(sets["reached"], seed, "reached")
    for name, on in sets.items():
        learn(on, seed, f"{name}-long", times=LONGER)


if __name__ == "__main__":
    for each in map(int, sys.argv[1:] or page["SEEDS"]):
        main(each)
