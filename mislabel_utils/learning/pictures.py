"""A reader's own pictures: folders ``train/<class>/*`` and ``test/<class>/*``, as one finds them.

What is a picture Pillow decides, by a file's content. Nothing but hidden files is passed over: any
other that is no picture stops everything.
"""

import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from mislabel_utils.learning.environment import bar

Arrays = dict[str, np.ndarray]

SIZE = 32  # pixels a side: what the CIFAR networks expect
HALVES = ("train", "test")
BACKGROUND = (128, 128, 128)  # of what is transparent: black shapes and white ones stay visible


class DataError(ValueError):
    """Data that cannot be used; the message says what to do."""


def read(tree: Path) -> tuple[Arrays, tuple[str, ...]]:
    """Arrays ``{train,test}_{images,labels}``, and class names."""
    from torchvision.datasets import ImageFolder  # takes seconds: a page of records does without

    def shown(path: str | Path) -> bool:
        return not any(part.startswith(".") for part in Path(path).relative_to(tree).parts)

    try:
        halves = {half: ImageFolder(tree / half, is_valid_file=shown) for half in HALVES}
    except OSError as error:  # no such folder, or nothing in it
        raise DataError(
            f"{tree}: {error} Put pictures at train/<class>/* and test/<class>/*."
        ) from error
    train, test = halves.values()
    classes = train.classes
    if test.classes != classes or not 2 <= len(classes) <= 256:
        raise DataError(
            f"{tree}: give train/ and test/ the same class folders, 2 to 256; they have "
            f"{', '.join(classes)} and {', '.join(test.classes)}."
        )
    arrays = {}
    for half, found in halves.items():
        astray = [path.name for path in (tree / half).iterdir() if path.is_file() and shown(path)]
        # ImageFolder passes over a folder that may not be read.
        astray += [f"{path}/" for path in (tree / half).rglob("*/")
                   if not os.access(path, os.R_OK | os.X_OK)]  # fmt: skip
        paths = [Path(path) for path, _ in found.samples]
        if astray or len({path.resolve() for path in paths}) < len(paths):
            raise DataError(
                f"{tree / half} has files in no class folder or folders that may not be read "
                f"({', '.join(astray[:5])}), or links to what it has already: mend or remove them."
            )
        images = [decoded(path) for path in bar(paths, desc=f"decode {half}")]
        arrays[f"{half}_images"] = np.stack(images).transpose(0, 3, 1, 2).copy()
        arrays[f"{half}_labels"] = np.array(found.targets, np.uint8)
    return arrays, tuple(classes)


def decoded(path: Path) -> np.ndarray:
    """uint8 (32, 32, 3), turned upright, scaled by the shorter side and cropped centrally.

    Of several frames it is the first. What is transparent lies on mid-grey. Pillow would clip what
    has more than 8 bits, and misses a transparent shade of grey of 2 or 4: a DataError, as for what
    is no picture.
    """
    try:
        with Image.open(path) as image:
            stored = f"{image.tile}"
            grey = "transparency" in image.info and ("L;2'" in stored or "L;4'" in stored)
            if image.mode[0] in "IF" or ";16" in stored or grey:
                raise ValueError("not 8 bits: save it with 8")
            image = ImageOps.exif_transpose(image)  # a camera notes how it was held
            if image.has_transparency_data:
                image = image.convert("RGBA")
                image = Image.alpha_composite(Image.new("RGBA", image.size, BACKGROUND), image)
            image = image.convert("RGB")
    except Exception as error:  # each of Pillow's readers has its own
        raise DataError(f"{path} cannot be used ({error}): replace or remove it.") from error
    return np.asarray(ImageOps.fit(image, (SIZE, SIZE)))  # 32 x 32 stays as it is
