"""D_det with all photographs, a network of airbench94's size and the published recipe.

The larger reading of one row of *Two cues*: does the answer turn to the right one with a better
teacher, more images, and students trained as in the source, for longer? On a CPU, so with ten steps
of the attack. Settings and expectations were written down before the first run, in
`book/evidence/two_cues_protocol.md`.
"""

from dataclasses import replace

from mislabel_utils.lab import Lab
from mislabel_utils.learning import training_sets
from mislabel_utils.learning.datasets import Dataset
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm, adversarial_errors
from mislabel_utils.studies.two_cues import Cues

SEEDS = range(30, 32)  # of no other chapter; the second has the last student alone so far
RADIUS = 0.5  # as published
TEACHER = Recipe(
    "airbench", epochs=14, batch_size=256, learning_rate=0.2, augment=True, precision="mixed"
)
# As the source learns D_det.
AS_DET = Recipe("deep_cnn", epochs=16, learning_rate=0.1, precision="mixed")
LESSON = replace(adversarial_errors.LESSON, model="deep_cnn")  # of *Adversarial errors*, 8 passes

ARMS = {
    "teacher": Arm.teacher("the larger teacher"),
    "det-lesson": Arm.student("D_det of the larger teacher: the deep CNN, Adam"),
    "det-deep": Arm.student("D_det of the larger teacher: the deep CNN, as published"),
    "det-0.5": Arm.student("D_det of the larger teacher: its own network, as published"),
}


def load(lab: Lab) -> Dataset:
    """Photographs."""
    return lab.load("cifar10")


def experiment(lab: Lab, seed: int) -> dict[str, Run]:
    """Every network of a seed, by arm."""
    one = Cues(lab, "photographs", seed)
    one.prefix = ""
    one.teacher = one.teach("teacher", one.images.train, TEACHER)
    det = one.moved(training_sets.next_class(one.images.train), RADIUS)
    one.describe("det", one.teacher, det)
    if seed == SEEDS[0]:
        one.learn("det-lesson", det, LESSON)
        one.learn("det-deep", det, AS_DET)
    one.learn("det-0.5", det, replace(AS_DET, model=TEACHER.model))
    one.conflict(RADIUS)
    return one.runs
