"""Bundle the weights of the few networks that pages need: `python tools/keep_weights.py STEM…`.

A stem names a record, such as student-own-s1000-93affb1cfa67. Weights come from the cache of the
machine that trained the run, and are kept in half precision.
"""

import sys

from mislabel_utils.files import BUNDLED
from mislabel_utils.learning import models
from mislabel_utils.recording.records import Store
from mislabel_utils.recording.runs import Run


def main() -> None:
    records = {record.stem: record for record in Store()}
    for stem in sys.argv[1:]:
        if stem not in records:
            sys.exit(f"No record is called {stem}: `python -m mislabel_utils list` shows them all.")
        weights = Run(records[stem]).network.state_dict()
        half = {name: tensor.half() for name, tensor in weights.items()}
        models.save(half, BUNDLED / "weights" / f"{stem}.pt")
        print(f"{stem}.pt: {(BUNDLED / 'weights' / f'{stem}.pt').stat().st_size / 2**10:.0f} KB")


if __name__ == "__main__":
    main()
