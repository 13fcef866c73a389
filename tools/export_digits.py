"""Export networks for the page that draws digits: `python tools/export_digits.py STEM…`.

A stem names a record of a `small_cnn`, such as student-own-s1000-93affb1cfa67. Weights come from
the cache of the machine that trained the run, and are rounded to one byte each. What the rounded
network reads of all 10,000 MNIST test images is stored with it, and printed beside what was
recorded of the original.
"""

import sys

from mislabel_utils.learning import datasets
from mislabel_utils.live import weights
from mislabel_utils.recording.records import Store
from mislabel_utils.recording.runs import Run


def main() -> None:
    records = {record.stem: record for record in Store()}
    test = datasets.load("mnist").test
    for stem in sys.argv[1:]:
        if stem not in records:
            sys.exit(f"No record is called {stem}: `python -m mislabel_utils list` shows them all.")
        run = Run(records[stem])
        network = weights.rounded(run, test)
        path = weights.export_path(run)
        weights.write(network, path)
        before, after = run.record.metrics[test.key], network.accuracy
        size = path.stat().st_size / 2**10
        print(
            f"{path.name}: {size:.0f} KB, reads {after:.2%} of {test.key} (recorded {before:.2%})"
        )


if __name__ == "__main__":
    main()
