"""The experiment itself, in the reader's browser: a student that learns while one watches.

The pictures that it learns from come when the reader asks for them: from a file beside a static
page, and from the kernel of a notebook.
"""

import gzip
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import numpy as np
import traitlets

from mislabel_utils.files import BUNDLED
from mislabel_utils.learning import datasets, inference
from mislabel_utils.learning.datasets import Split
from mislabel_utils.live import Live, joined
from mislabel_utils.live.weights import compact
from mislabel_utils.recording.records import Store
from mislabel_utils.recording.runs import Run

TEACHER = "351897a7206c"  # of seed 0, in the chapter "A shoe is a 2"


class Training(Live):
    """What the browser has to know beforehand; see `lessons` and `digits` for what it loads later.

    Attributes
    ----------
    scales : mean and standard deviation of the pixels of "garments" and of "digits"
    kinds : what the ten kinds of garments are called
    """

    _esm = joined(
        "random.js", "paper.js", "network.js", "learner.js", "lessons.js", "chart.js", "training.js"
    )
    _css = joined("live.css", "paper.css", "training.css")
    scales = traitlets.Dict().tag(sync=True)
    kinds = traitlets.List().tag(sync=True)

    def __init__(self, **traits: object) -> None:
        super().__init__(**traits)
        self.on_msg(self._answer)

    def _answer(self, _: object, asked: object, buffers: list[bytes]) -> None:
        """Send the file that a notebook's view asks for by name."""
        if asked in FILES:
            self.send(asked, [FILES[asked]()])


def train_it_here() -> Training:
    """The view, for a cell of a notebook."""
    mnist, fashion = (datasets.load(name, "recorded") for name in ("mnist", "fashion_mnist"))
    scales = {
        name: [*data.normalization.mean, *data.normalization.std]
        for name, data in (("garments", fashion), ("digits", mnist))
    }
    return Training(scales=scales, kinds=list(fashion.classes))


def lessons() -> bytes:
    """What students learn from, and what they are tested on, compressed.

    Their numbers n and m, little-endian in four bytes each. The bundled sample's garments
    (n, 28, 28); the digit that the recorded teacher named for each (n,), and what kind of garment
    it is (n,); the ten probabilities, in steps of 1/65535, little-endian (n, 10), of the teacher in
    one byte a weight; the sample's test digits (m, 28, 28) and what they are (m,).
    """
    # Whatever records the reader has: its rounded weights come with the package too.
    teacher = Run(Store(BUNDLED / "records").find(TEACHER))
    test = datasets.load("mnist", "recorded").test
    garments = datasets.load("fashion_mnist", "recorded").train
    network = compact(teacher, test).network()
    soft = inference.outputs(network, garments.images, garments.normalization).softmax(1).numpy()
    return _packed(
        np.array([len(garments.images), len(test.images)], "<u4"),
        garments.images.numpy(),
        teacher.predict(garments)[garments.index].numpy().astype(np.uint8),
        _labels(garments),
        (soft * 65535).round().astype("<u2"),
        test.images.numpy(),
        _labels(test),
    )


def digits() -> bytes:
    """What a teacher learns from: the sample's training digits, and what they are, compressed."""
    train = datasets.load("mnist", "recorded").train
    return _packed(train.images.numpy(), _labels(train))


FILES: dict[str, Callable[[], bytes]] = {"lessons": lessons, "digits": digits}


def beside(site: Path) -> None:
    """Write the files that the views of a static site load."""
    for name, made in FILES.items():
        write(site / "_static" / "training", name, made())


def write(folder: Path, name: str, packed: bytes) -> None:
    """Write such a file, and the same as a script: a page without a server may load no other."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.bin").write_bytes(packed)
    text = f'(globalThis.trainingFiles ??= {{}}).{name} = "{b64encode(packed).decode()}";\n'
    (folder / f"{name}.js").write_text(text)


def _labels(split: Split) -> np.ndarray:
    return split.labels[split.index].numpy().astype(np.uint8)


def _packed(*arrays: np.ndarray) -> bytes:
    return gzip.compress(b"".join(each.tobytes() for each in arrays), mtime=0)
