"""Controls that the pages lacked, with the seeds of the experiments that they belong to.

What each was predicted to show, before its first run, is in
`book/evidence/corrections_protocol.md`.
"""

from collections.abc import Mapping

import numpy as np

from mislabel_utils.lab import Lab
from mislabel_utils.learning.datasets import Dataset
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm, adversarial_errors, what_leaks, where_it_stops

SEEDS = range(5)

ARMS = what_leaks.SHUFFLED | {
    "shaken-true": Arm.control("photographs moved at random, true labels", "true"),
}


def load(lab: Lab) -> dict[str, Dataset]:
    """Everything that is asked for."""
    return {name: lab.load(name) for name in ("mnist", "fashion_mnist", "cifar10")}


def experiment(lab: Lab, seed: int) -> dict[str, Run | Mapping[str, np.ndarray]]:
    """Every control of a seed, by arm."""
    runs = what_leaks.networks(lab, seed, kinds=[])
    found = {arm: run for arm, run in runs.items() if arm in what_leaks.SHUFFLED}
    found["muddled"] = what_leaks.muddled(lab, seed)
    if seed in where_it_stops.THREE:  # of the chapters that have three
        found["shaken-true"] = adversarial_errors.shaken_true(lab, seed)
        for name in where_it_stops.DATA:
            found[f"stops-{name}"] = where_it_stops.other_labels(lab, name, seed)
    return found
