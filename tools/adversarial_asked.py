"""Adversarial errors: what a reader of the first version asked for. Run once, then this file goes.

Written down on 26 November 2026, before any of these runs and after all others of the page were
known. What each reading predicts stands in the chapter's table; its cells are run as they are.

Run: ``MISLABEL_SCALE=full MISLABEL_DATA=… python tools/adversarial_asked.py PART [SEED…]``
"""

import sys
from pathlib import Path

from mislabel_utils.commands.chapters import experiment_of

page = experiment_of("adversarial_errors", Path(__file__).parents[1] / "book")

if __name__ == "__main__":
    for seed in map(int, sys.argv[2:] or page["SEEDS"]):
        if sys.argv[1] == "baselines":
            page["baselines"](seed, page["teachers"](seed))
        elif sys.argv[1] == "further":  # added when a first seed of natural-moved was known
            page["further"](seed, page["teachers"](seed))
        elif sys.argv[1] == "labels":  # the control of the scoreboard's row on its own network
            lab, arm = page["lab"], "deep-labels-rand"
            on = page["targets_of"](seed)["rand"]
            lab.train(on, page["doubled"], seed=1000 + seed, arm=arm, test=page["images"].test)
        elif sys.argv[1] == "clothes":
            page["on_clothes"](seed)
