"""A reader's own pictures: folders ``train/<class>/*`` and ``test/<class>/*``, as one finds them.

What is a picture Pillow decides, by a file's content. Nothing is dropped without a word: what other
programs leave is left out and told, anything else that is no picture stops everything.
torchvision's ImageFolder goes by endings, follows links in circles and takes litter for classes.
"""

import os
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from mislabel_utils.learning.environment import bar

Arrays = dict[str, np.ndarray]

SIZE = 32  # pixels a side: what the CIFAR networks expect
HALVES = ("train", "test")
BACKGROUND = (128, 128, 128)  # of what is transparent: black shapes and white ones stay visible
LITTER = {  # of other programs, beside all that is hidden by a dot
    "__MACOSX", "__pycache__", "@eaDir", "#recycle", "$RECYCLE.BIN", "lost+found",
    "System Volume Information", "Thumbs.db", "desktop.ini",
}  # fmt: skip


class DataError(ValueError):
    """Data that cannot be used; the message says what to do."""


def readable(name: str) -> str:
    """A file's name as text: one spelling of its accents, whichever file system wrote it."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode(errors="backslashreplace"))


def read(tree: Path) -> tuple[Arrays, tuple[str, ...], str]:
    """Arrays ``{train,test}_{images,labels}``, class names, and what was found, in a few lines.

    A class folder may be a link; a link within it is not followed, since it may lead back.
    """
    pictures: dict[str, dict[str, list[np.ndarray]]] = {half: defaultdict(list) for half in HALVES}
    aside, faults = defaultdict(list), []
    for half in HALVES:
        top = tree / half
        for path in bar(sorted({*top.glob("*"), *top.glob("*/**/*")}), desc=f"decode {half}"):
            parts, shown = path.relative_to(top).parts, readable(f"{half}/{path.relative_to(top)}")
            litter = LITTER.intersection(parts) or any(part.startswith(".") for part in parts)
            if os.path.isdir(path) and not (path.is_symlink() and parts[1:]):
                if not (litter or os.access(path, os.R_OK)):  # glob passes over what is in it
                    faults.append(f"{shown} (a folder that may not be read)")
                continue
            if litter:
                aside["of other programs"].append(shown)
            elif not parts[1:]:
                aside["in no class folder"].append(shown)
            else:
                try:
                    pixels, several = decoded(path)
                    pictures[half][readable(parts[0])].append(pixels)
                    if several:
                        aside["all frames but the first"].append(shown)
                except Exception as error:  # each of Pillow's readers has its own
                    faults.append(f"{shown} ({str(error).partition(' image file ')[0]})")
    if faults:
        raise DataError(
            f"{tree} has {len(faults)} file(s) that are no picture: {_some(faults)}. Replace or "
            "remove them."
        )
    train, test = pictures.values()
    if odd := sorted(train.keys() ^ test.keys()):
        raise DataError(
            f"{tree}: only one of train/ and test/ has pictures of {_some(odd)}. Give both the "
            "same class folders, with at least one picture in each."
        )
    classes = tuple(sorted(train))
    if not 2 <= len(classes) <= 256:
        raise DataError(
            f"{tree}: pictures of {len(classes)} class(es); between 2 and 256 can be learned. Put "
            "them at train/<class>/* and test/<class>/*."
        )
    arrays: Arrays = {}
    for half, known in pictures.items():
        images = np.stack([pixels for name in classes for pixels in known[name]])
        arrays[f"{half}_images"] = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        counts = [len(known[name]) for name in classes]
        arrays[f"{half}_labels"] = np.repeat(np.arange(len(classes), dtype=np.uint8), counts)
    each = (f"{name} {len(train[name])} + {len(test[name])}" for name in classes)
    lines = ["Pictures to train on + to test on: " + ", ".join(each) + "."]
    lines += [f"Left out, {why}: {len(names)} ({_some(names)})." for why, names in aside.items()]
    known, asked = (
        Counter(each for some in half.values() for each in {pixels.tobytes() for pixels in some})
        for half in (train, test)
    )
    if count := len(known.keys() & asked.keys()):
        lines.append(f"Different test pictures that are also trained on: {count}.")
    if count := sum(times > 1 for times in known.values()):
        lines.append(f"Training pictures of several classes: {count}.")
    return arrays, classes, "\n".join(lines)


def _some(names: list[str]) -> str:
    more = [f"{len(names) - 5} more"] if len(names) > 5 else []
    return ", ".join(names[:5] + more)


def decoded(path: Path) -> tuple[np.ndarray, bool]:
    """uint8 (32, 32, 3), turned upright, scaled by the shorter side and cropped centrally.

    And whether it is the first of several frames. What is transparent lies on mid-grey. Pillow
    would clip what has more than 8 bits, and misses a transparent shade of grey of 2 or 4: those
    are refused.
    """
    if not path.is_file():  # a pipe would be waited for
        raise FileNotFoundError("no file, or a link to none")
    with Image.open(path) as image:
        several = getattr(image, "is_animated", False)
        stored = f"{image.tile}"
        grey = "transparency" in image.info and ("L;2'" in stored or "L;4'" in stored)
        if image.mode[0] in "IF" or ";16" in stored or grey:
            raise ValueError("not 8 bits: save it with 8")
        image = ImageOps.exif_transpose(image)  # a camera notes how it was held
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, BACKGROUND), image)
        image = image.convert("RGB")
    return np.asarray(ImageOps.fit(image, (SIZE, SIZE))), several  # 32 x 32 stays as it is
