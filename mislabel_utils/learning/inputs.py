"""Images to be labelled: a data set's own, some of them, noise, a photograph's, or drawn signs.

What is made is made when it is needed, and is the same whenever it is made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from mislabel_utils.learning.datasets import Split
from mislabel_utils.learning.environment import pinned

NOISES = ("uniform", "correlated")
# Arrows and mathematical operators of Unicode: strokes like those of digits, and no digit.
SIGNS = "".join(map(chr, range(0x2190, 0x2300)))


@dataclass(frozen=True, eq=False)
class Inputs:
    """Images to be labelled: those of a split as they are, or others made from it or like it.

    Attributes
    ----------
    split : gives shape, classes and normalisation, and the images where none are made
    source : JSON that says how the images were made; None for those of the split
    compute : makes the images, uint8 or float32 in [0, 1], (N, C, H, W)
    aligned : whether row n was made from row n of the split, so that its true label is known
    network : SHA-256 of the weights of the network that has to be asked to make them, if any
    """

    split: Split
    source: dict[str, Any] | None = None
    compute: Callable[[], Tensor] | None = None
    aligned: bool = True
    network: str | None = None

    @cached_property
    @pinned()
    def images(self) -> Tensor:
        """uint8 or, when made, uint8 or float32 in [0, 1], (N, C, H, W); else a ValueError.

        Networks would see others many times too bright.
        """
        if self.compute is None:
            return self.split.images
        made = self.compute()
        if made.is_floating_point():
            known = not made.numel() or (made.min() >= 0 and made.max() <= 1)
        else:
            known = made.dtype == torch.uint8
        if not known:
            raise ValueError(f"Images of {self.source['kind']} are not uint8 nor from 0 to 1.")
        return made

    @property
    def true_labels(self) -> Tensor:
        """int64 (N,); a ValueError for images that show no class of the split, such as noise."""
        if not self.aligned:
            raise ValueError(f"Images of {self.source['kind']} have no true labels.")
        return self.split.labels

    @property
    def name(self) -> str | dict[str, Any]:
        """What stands for these images in the source of their labels."""
        return self.split.key if self.source is None else self.source


def digest(tensor: Tensor) -> str:
    """SHA-256 of a tensor's type, shape and values."""
    found = sha256(f"{tensor.dtype}{tuple(tensor.shape)}".removeprefix("torch.").encode())
    # Read where it lies: a copy of 50,000 moved images would be another 600 MB.
    found.update(tensor.contiguous().cpu().flatten().view(torch.uint8).numpy())
    return found.hexdigest()


@pinned()
def part(split: Split, rows: Tensor) -> Split:
    """The images of some rows, int64 (n,), as a split of their own, in the order given.

    Raises a DataError when a row's image is not here.
    """
    which = digest(rows)
    print_ = sha256(f"{split.fingerprint}{split.name}{which}".encode()).hexdigest()
    return replace(
        split,
        name=f"{split.name}[{len(rows)} rows, {which[:8]}]",
        images=split.pictures(rows),
        index=torch.arange(len(rows)),
        labels=split.labels[rows],
        fingerprint=print_,
    )


@pinned()
def random_split(split: Split, sizes: Sequence[int], seed: int) -> list[Split]:
    """Parts of so many images each, dealt out at random, and last a part of all that are left."""
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed))
    return [part(split, rows) for rows in order.split([*sizes, len(split) - sum(sizes)])]


def inputs_of(on: Split | Inputs) -> Inputs:
    """The images of a split, as they are, or inputs that are so already."""
    return on if isinstance(on, Inputs) else Inputs(on)


def noise(like: Split, count: int, seed: int, kind: str = "uniform") -> Inputs:
    """`count` images of noise in the shape of a split's, float32 in [0, 1].

    "uniform": each value drawn evenly; "correlated": normal with the mean of each of the split's
    pixels and the covariance of each pair, cut off at 0 and 1. A ValueError for another kind.
    """
    if kind not in NOISES:
        raise ValueError(f"Unknown noise {kind!r}: use one of {', '.join(NOISES)}.")

    def compute() -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        shape = (count, *like.images.shape[1:])
        if kind == "uniform":
            return torch.rand(shape, generator=generator)
        mean, root = _mean_and_root(like.images)
        drawn = torch.randn(count, len(mean), generator=generator) @ root
        return drawn.add_(mean).clamp_(0, 1).view(shape)

    source = {"kind": f"{kind} noise", "like": like.key, "count": count, "seed": seed}
    if kind == "correlated":  # made from the very pixels
        source["of"] = like.fingerprint
    return Inputs(like, source, compute, aligned=False)


def patches(like: Split, count: int, seed: int) -> Inputs:
    """`count` squares cut from a photograph at random, uint8 in the shape of a split's images.

    A square is one, two or three times as large as an image of the split, and reduced to the means
    of its pixels; half are mirrored. The photograph is one that matplotlib ships (Grace Hopper; in
    the public domain).
    """
    picture = Path(matplotlib.get_data_path(), "sample_data", "grace_hopper.jpg")

    def compute() -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        channels, side = like.images.shape[1:3]
        with Image.open(picture) as opened:
            pixels = np.array(opened.convert("L" if channels == 1 else "RGB"))
        pixels = torch.from_numpy(np.atleast_3d(pixels)).permute(2, 0, 1).contiguous()
        height, width = pixels.shape[1:]
        times, mirrored = (torch.randint(n, (count,), generator=generator) for n in (3, 2))
        top, left = torch.rand(2, count, generator=generator)
        made = torch.empty(count, channels, side, side, dtype=torch.uint8)
        for row in range(count):
            size = side * (1 + int(times[row]))
            y, x = int(top[row] * (height - size + 1)), int(left[row] * (width - size + 1))
            square = pixels[:, y : y + size, x : x + size].float()
            small = torch.nn.functional.avg_pool2d(square, size // side).round().to(torch.uint8)
            made[row] = small.flip(2) if mirrored[row] else small
        return made

    content = sha256(picture.read_bytes()).hexdigest()
    source = {"kind": "patches", "of": content, "like": like.key, "count": count, "seed": seed}
    return Inputs(like, source, compute, aligned=False)


def drawn(characters: str, like: Split, count: int, seed: int) -> Inputs:
    """`count` images of characters of DejaVu Sans, light on dark, uint8 in the shape of a split's.

    Each is drawn at random from `characters`, half to nine tenths as large as the image, up to a
    tenth of its side off the middle, and turned by up to 15 degrees. The font is free to use and to
    pass on; matplotlib ships it.
    """
    font = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")

    def compute() -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        channels, side = like.images.shape[1:3]
        which = torch.randint(len(characters), (count,), generator=generator)
        chance = torch.rand(4, count, generator=generator)
        sizes = (side * (0.5 + 0.4 * chance[0])).round().int()
        places = side * (0.5 + 0.2 * (chance[1:3] - 0.5))
        angles = 30 * (chance[3] - 0.5)
        # The basic layout is in every build of Pillow, so that all draw alike.
        fonts = {
            size: ImageFont.truetype(font, size, layout_engine=ImageFont.Layout.BASIC)
            for size in sizes.unique().tolist()
        }
        made = torch.empty(count, channels, side, side, dtype=torch.uint8)
        for row in range(count):
            image = Image.new("L", (side, side))
            where, character = tuple(places[:, row].tolist()), characters[which[row]]
            ImageDraw.Draw(image).text(
                where, character, fill=255, font=fonts[int(sizes[row])], anchor="mm"
            )
            turned = image.rotate(float(angles[row]), Image.Resampling.BILINEAR)
            made[row] = torch.from_numpy(np.array(turned))
        return made

    content = sha256(font.read_bytes()).hexdigest()
    source = {"kind": "drawn", "characters": characters, "font": content, "like": like.key,
              "count": count, "seed": seed}  # fmt: skip
    return Inputs(like, source, compute, aligned=False)


def _mean_and_root(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (D,) of pixels in [0, 1], and the symmetric root (D, D) of their covariance.

    Of that there is but one: eigenvectors alone may point either way.
    """
    pixels = images.flatten(1).double() / 255
    values, vectors = torch.linalg.eigh(pixels.T.cov())
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    return pixels.mean(0).float(), root.float()
