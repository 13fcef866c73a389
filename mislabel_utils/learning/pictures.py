"""A reader's own pictures: folders ``train/<class>/*`` and ``test/<class>/*``, as one finds them.

What is a picture Pillow decides, by a file's content. Nothing is dropped without a word: what other
programs leave is left out and told, what should be a picture and is none stops everything.
torchvision's ImageFolder goes by endings, follows links in circles and takes litter for classes.
"""

import mimetypes
import os
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from mislabel_utils.learning.environment import bar

Arrays = dict[str, np.ndarray]

SIZE = 32  # pixels a side: what the CIFAR networks expect
HALVES = ("train", "test")
BACKGROUND = (128, 128, 128)  # of what is transparent: black shapes and white ones stay visible
LITTER = {  # of other programs, beside all that is hidden by a dot
    "__MACOSX", "__pycache__", "@eaDir", "#recycle", "$RECYCLE.BIN", "lost+found",
    "System Volume Information",
}  # fmt: skip


class DataError(ValueError):
    """Data that cannot be used; the message says what to do."""


def readable(name: str) -> str:
    """A file's name as text: one spelling of its accents, whichever file system wrote it."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode(errors="backslashreplace"))


def read(tree: Path) -> tuple[Arrays, tuple[str, ...], str]:
    """Pictures at ``train/<class>/*`` and ``test/<class>/*``; RGB, 32 x 32."""
    pictures: dict[str, dict[str, list[np.ndarray]]] = {half: defaultdict(list) for half in HALVES}
    aside, notes, faults = defaultdict(list), Counter(), []
    for half, name, path in bar(listed(tree), desc=f"decode {readable(tree.name)}"):
        shown = readable(str(path.relative_to(tree)))
        if is_litter(path.name):
            aside["of other programs"].append(shown)
        elif path.is_dir():
            aside["empty"].append(shown)
        elif not name:
            aside["in no class folder"].append(shown)
        else:
            try:
                pixels, noted = decoded(path)
                pictures[half][name].append(pixels)
                notes.update(noted)
            except Exception as error:  # each of Pillow's readers has its own
                unknown = isinstance(error, UnidentifiedImageError) or not path.is_file()
                if unknown and not (mimetypes.guess_type(path)[0] or "").startswith("image/"):
                    aside["no picture"].append(shown)
                else:
                    faults.append(f"{shown} ({str(error).partition(' image file ')[0]})")
    if faults:
        raise DataError(
            f"{tree} has {len(faults)} file(s) that cannot be decoded: {_some(faults)}. Replace or "
            "remove them."
        )
    odd = sorted(pictures["train"].keys() ^ pictures["test"].keys())
    if odd:
        raise DataError(
            f"{tree}: only one of train/ and test/ has pictures of {_some(odd)}. Give both the "
            "same class folders, with at least one picture in each."
        )
    classes = tuple(sorted(pictures["train"]))
    if not 2 <= len(classes) <= 256:
        raise DataError(
            f"{tree}: pictures of {len(classes)} class(es) in train/; between 2 and 256 can be "
            "learned. Put them at train/<class>/* and test/<class>/*."
        )
    arrays: Arrays = {}
    for half, known in pictures.items():
        images = np.stack([pixels for name in classes for pixels in known[name]])
        arrays[f"{half}_images"] = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        counts = [len(known[name]) for name in classes]
        arrays[f"{half}_labels"] = np.repeat(np.arange(len(classes), dtype=np.uint8), counts)
    return arrays, classes, _found(pictures, classes, aside, notes)


def _found(pictures, classes, aside, notes) -> str:
    """What is learnt from, and what not and why, in a few lines."""
    train, test = (
        Counter(each for some in half.values() for each in {pixels.tobytes() for pixels in some})
        for half in pictures.values()
    )
    notes["different test pictures that are also trained on"] = len(train.keys() & test.keys())
    notes["training pictures of several classes"] = sum(times > 1 for times in train.values())
    each = (f"{name} {len(pictures['train'][name])} + {len(pictures['test'][name])}"
            for name in classes)  # fmt: skip
    lines = ["Pictures to train on + to test on: " + ", ".join(each) + "."]
    lines += [f"Left out, {why}: {len(names)} ({_some(names)})." for why, names in aside.items()]
    lines += [f"{what.capitalize()}: {count}." for what, count in notes.items() if count]
    return "\n".join(lines)


def _some(names: list[str]) -> str:
    more = [f"{len(names) - 5} more"] if len(names) > 5 else []
    return ", ".join(names[:5] + more)


def listed(tree: Path) -> list[tuple[str, str, Path]]:
    """(half, class, path) of each file below train/ and test/, and of each empty folder.

    Links are followed, once: a folder that is reached again would count twice. Folders of other
    programs are listed and not entered.
    """

    def refuse(error: OSError) -> None:
        raise DataError(
            f"{error.filename} holds no pictures to learn from ({error.strerror}). "
            "Put them at train/<class>/* and test/<class>/*, at least one for each class."
        ) from error

    found, seen = [], {}
    for half in HALVES:
        for place, folders, files in os.walk(tree / half, onerror=refuse, followlinks=True):
            litter = sorted(filter(is_litter, folders))
            folders[:] = sorted(set(folders) - set(litter))
            first = seen.setdefault(os.path.realpath(place), place)
            if first != place:
                raise DataError(f"{place} is {first} again, by a link. Remove one of the two.")
            below = Path(place).relative_to(tree / half).parts
            name = readable(below[0]) if below else ""
            names = sorted(files) + litter if files or folders or litter else [""]
            found += [(half, name, Path(place, each)) for each in names]
    return found


def is_litter(name: str) -> bool:
    return name.startswith(".") or name in LITTER


def decoded(path: Path) -> tuple[np.ndarray, list[str]]:
    """uint8 (32, 32, 3), turned upright, scaled by the shorter side and cropped centrally.

    And what has to be said of it. Pillow would clip what has more than 8 bits, and misses a
    transparent shade of grey of 2 or 4: those are refused.
    """
    notes = []
    if not path.is_file():
        raise FileNotFoundError("no such file")
    with Image.open(path) as image:
        if getattr(image, "is_animated", False):
            notes.append("of several frames, of which the first is used")
        stored = f"{image.tile}"
        grey = "transparency" in image.info and ("L;2'" in stored or "L;4'" in stored)
        if image.mode[0] in "IF" or ";16" in stored or grey:
            raise ValueError("not 8 bits: save it with 8")
        image = ImageOps.exif_transpose(image)  # a camera notes how it was held
        if image.has_transparency_data:
            image = image.convert("RGBA")
            if image.getextrema()[3][0] < 255:
                notes.append("transparent, laid on mid-grey")
            image = Image.alpha_composite(Image.new("RGBA", image.size, BACKGROUND), image)
        image = image.convert("RGB")
    return np.asarray(ImageOps.fit(image, (SIZE, SIZE))), notes  # 32 x 32 stays as it is
