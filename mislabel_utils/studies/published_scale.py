"""D_det with all photographs, a network of airbench94's size and the published recipe.

The larger reading of one row of *Two cues*: does the answer turn to the right one with a better
teacher, more images, and students trained as in the source, for longer? On a CPU, so with ten steps
of the attack. Settings and expectations were written down before the first run, in
`book/evidence/two_cues_protocol.md`.
"""

from dataclasses import replace

from mislabel_utils.lab import Lab
from mislabel_utils.learning import adversarial, training_sets
from mislabel_utils.learning.datasets import Dataset
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm, Trial, adversarial_errors, two_cues

SEEDS = range(30, 31)  # of no other chapter
TEACHER = Recipe(
    "airbench", epochs=14, batch_size=256, learning_rate=0.2, augment=True, precision="mixed"
)
# As the source learns D_det; D_rand with a tenth of the rate, flips and shifts.
AS_DET = Recipe("airbench", epochs=16, learning_rate=0.1, precision="mixed")
AS_RAND = replace(AS_DET, learning_rate=0.01, augment=True)
LESSON = replace(adversarial_errors.LESSON, model="deep_cnn")  # of *Adversarial errors*, 8 passes

ARMS = {
    "teacher": Arm.teacher("airbench's network"),
    "det-lesson": Arm.student("D_det of airbench's network: the deep CNN, Adam"),
    "det-deep": Arm.student("D_det of airbench's network: the deep CNN, as published"),
    "det": Arm.student("D_det of airbench's network: the same network, as published"),
    "rand": Arm.student("D_rand of airbench's network: the same network, as published"),
}


def load(lab: Lab) -> Dataset:
    """Photographs."""
    return lab.load("cifar10")


def experiment(lab: Lab, seed: int) -> dict[str, Run]:
    """Every network of a seed, by arm."""
    one = Trial(lab, seed, load(lab))
    train = one.images.train
    cell = two_cues.Cell("photographs", seed, radius=0.5)
    teacher = one.teach("teacher", train, TEACHER)
    det = adversarial.adversarial(teacher, training_sets.next_class(train), cell.attack)
    config = {"experiment": "described", "protocol": adversarial.PROTOCOL, "run": teacher.id,
              "images": det.inputs.name, "labels": det.source}  # fmt: skip
    lab.measure("described-det", seed, config, lambda: adversarial.described(teacher, det))
    for arm, recipe in (
        ("det-lesson", LESSON),
        ("det-deep", replace(AS_DET, model="deep_cnn")),
        ("det", AS_DET),
    ):
        one.learn(arm, det, recipe, also=[train])
    two_cues.conflict(lab, cell, teacher, one.runs["det"])
    rand = adversarial.adversarial(teacher, training_sets.uniform(train, seed), cell.attack)
    one.learn("rand", rand, AS_RAND, also=[train])
    return one.runs
