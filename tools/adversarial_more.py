"""Adversarial errors, third stage: longer lessons, flips and shifts, and ResNet-18. Not yet run.

Written down on 26 November 2026, after the results of the first two stages were known, and before
any run of these parts; `adversarial_long` had begun, and none of its students had finished. All
cells of the chapter are run as they are; recipes change only in what is said here.

- *doubled*: the deep CNN's students of D_rand with sixteen passes in the place of eight: the
  training losses of the eight-pass students (1.85, 0.32, 1.81) were still falling. If only the time
  was short, all three learn their lesson and end at least near the one that had (46.7 %). The
  scoreboard's row becomes these students, whatever they score; the others stay on the page.
- *augmented*: students of natural mistakes, of D_rand and of D_det with flips and shifts, in the
  lesson four times as long (that of `adversarial_long`), small CNN. In the first trials the loss of
  such a student had not left ln 10 after five passes.
- *resnet*: ResNet-18 with its original stem, taught as the small CNN is, joins both matrices as
  teacher and as student; the same lesson for all students. The readings predict what the page says
  of other architectures: "as well as the teacher's own" or "worse than the teacher's own". First
  natural mistakes, then the others' sets for ResNet-18, last ResNet-18's D_rand.
- *wrong*, written down when two seeds of *reached* were known (50.5, 50.3 %; D_rand 33.1): one
  label of D_rand in ten is the true class, and of the reached ones more. So targets are drawn from
  the wrong classes only; a student learns from all of them, one from those reached alone, and one
  from the labels of the reached on the images as they were, for to be reachable says something of
  an image too. If right labels were what helped, the reached ones fall back to D_rand. *Features*:
  nothing is left on unmoved images. *Model*: something is, since these labels were chosen by the
  teacher, and less than on the moved ones, where it says them.
- *wrong_few*, written down when two seeds of *wrong* were known (reached: 40.5, 43.8 %): as few of
  these reached images as the smallest set has. Natural mistakes teach nearly as much when they are
  few (53.5 for 55.8 %), D_rand does not (12.9 for 33.1 %). If that is because of labels that the
  teacher does not give, these come near 40 %; if moved images say less each, they fall too.
- *wrong_long*, written down when *wrong* was known (18.0 %, with a training loss of 2.0): all of it
  in the lesson four times as long. If these students had only not begun, they come up to D_rand.

Run: ``MISLABEL_SCALE=full MISLABEL_DATA=… python tools/adversarial_more.py PART [SEED…]``
"""

import sys
from dataclasses import replace
from pathlib import Path

from mislabel_utils.commands.chapters import experiment_of
from mislabel_utils.learning import adversarial, training_sets

RESNET = "resnet18-imagenet"
page = experiment_of("adversarial_errors", Path(__file__).parents[1] / "book")
lab, images, teach, learn = (page[name] for name in ("lab", "images", "teach", "learn"))


def rand(by, seed):
    return page["moved"](by, page["targets_of"](seed)["rand"])


def doubled(seed):
    teacher = lab.train(
        page["true"],
        page["strong"],
        seed=seed,
        arm="deep-good",
        test=images.test,
        also=[images.train],
    )
    on = page["moved"](teacher, page["targets_of"](seed)["rand"], page["push"])
    twice = replace(page["longer"], epochs=16)
    lab.train(on, twice, seed=1000 + seed, arm="deep-rand-doubled", test=images.test)


def augmented(seed):
    by = page["teachers"](seed)
    sets = {
        "natural": page["natural_of"](seed, by)["natural"],
        "rand": rand(by["good"], seed),
        "det": page["moved"](by["good"], page["targets_of"](seed)["det"]),
    }
    for name, on in sets.items():
        passes = round(4 * page["STEPS"] / (len(on) // page["lesson"].batch_size))
        recipe = replace(page["lesson"], epochs=passes, augment=True)
        arm = f"small-{name}-augmented"
        lab.train(on, recipe, seed=1000 + seed, arm=arm, test=images.test)


def resnet_natural(seed):
    learn(page["true"], seed, "clean-resnet", RESNET)
    mediocre = teach(seed, "resnet-mediocre", model=RESNET, epochs=2)
    natural = training_sets.mistakes(mediocre, images.train)
    for student in ("small_cnn", "mlp", RESNET):
        learn(natural, seed, f"natural-{RESNET}-to-{student}", student)
    learn(
        page["natural_of"](seed, page["teachers"](seed))["natural"],
        seed,
        f"natural-small_cnn-to-{RESNET}",
        RESNET,
    )


def resnet_of_cnn(seed):
    small = page["teachers"](seed)["good"]
    learn(rand(small, seed), seed, f"rand-small_cnn-to-{RESNET}", RESNET)


def resnet_rand(seed):
    good = teach(seed, "resnet-good", model=RESNET)
    on = rand(good, seed)
    for student in ("small_cnn", "mlp", RESNET):
        learn(on, seed, f"rand-{RESNET}-to-{student}", student)
    page["described"](good, on, seed, "resnet-rand")


def resnet_of_mlp(seed):
    mediocre = teach(seed, "mlp-mediocre", model="mlp", epochs=2)
    natural = training_sets.mistakes(mediocre, images.train)
    learn(natural, seed, f"natural-mlp-to-{RESNET}", RESNET)
    good = teach(seed, "mlp-good", model="mlp")
    learn(rand(good, seed), seed, f"rand-mlp-to-{RESNET}", RESNET)


def wrong(seed):
    good = page["teachers"](seed)["good"]
    on = page["moved"](good, training_sets.uniform_mistakes(page["true"], seed))
    share = float(page["described"](good, on, seed, "wrong")["target"])
    reached, count = adversarial.reached(good, on), round(share * len(on))
    assert len(reached) == count  # what a recorded run has to go by
    learn(on, seed, "wrong")
    learn(reached, seed, "wrong-reached")
    learn(adversarial.unmoved(reached), seed, "wrong-reached-unmoved")


def wrong_few(seed):
    by = page["teachers"](seed)
    on = page["moved"](by["good"], training_sets.uniform_mistakes(page["true"], seed))
    few = page["few"](adversarial.reached(by["good"], on), seed, by)
    learn(few, seed, "wrong-reached-few")


def wrong_long(seed):
    good = page["teachers"](seed)["good"]
    on = page["moved"](good, training_sets.uniform_mistakes(page["true"], seed))
    learn(on, seed, "wrong-long", times=4)


PARTS = {
    each.__name__: each
    for each in (
        doubled,
        wrong,
        wrong_few,
        wrong_long,
        augmented,
        resnet_natural,
        resnet_of_cnn,
        resnet_of_mlp,
        resnet_rand,
    )
}

if __name__ == "__main__":
    for each in map(int, sys.argv[2:] or page["SEEDS"]):
        PARTS[sys.argv[1]](each)
