"""Move the book to another repository: one command changes its address everywhere.

    python tools/set_url.py https://github.com/OWNER/NAME

The address is set in pyproject.toml and repeated where a tool wants it spelt
out: the launch buttons, the badges, the set-up cell of each chapter.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Colab, and so the launch buttons, open notebooks of GitHub only.
GITHUB = re.compile(r"https://github\.com/([A-Za-z0-9][A-Za-z0-9-]*)/([A-Za-z0-9._-]+)")
PLACES = ("pyproject.toml", "_config.yml", "README.md", "CITATION.cff", "book/*.md",
          "book/**/*.ipynb")  # fmt: skip


def current(root: Path = ROOT) -> str:
    """The address as pyproject.toml has it."""
    return re.search(r'^Repository = "(.*)"$', (root / "pyproject.toml").read_text(), re.M)[1]


def forms(url: str) -> tuple[str, str, str]:
    """The three ways of writing the address: the repository, in Colab, as a site."""
    owner, name = GITHUB.fullmatch(url).groups()
    colab = f"https://colab.research.google.com/github/{owner}/{name}/"
    return url, colab, f"https://{owner.lower()}.github.io/{name}"


def places(root: Path = ROOT) -> list[Path]:
    return [path for pattern in PLACES for path in sorted(root.glob(pattern))]


def set_url(url: str, root: Path = ROOT) -> list[Path]:
    """Write `url` wherever the present address stands; return the files changed."""
    new = url.strip().rstrip("/").removesuffix(".git")
    if not GITHUB.fullmatch(new):
        raise ValueError(f"{url!r} is no https://github.com/OWNER/NAME")
    changed, pairs = [], list(zip(forms(current(root)), forms(new), strict=True))
    for path in places(root):
        text = before = path.read_text("utf-8")
        for old, to in pairs:  # not the beginning of a longer name: …/book is not …/book-two
            text = re.sub(re.escape(old) + r"(?![\w-]|\.(?!git\b)[A-Za-z0-9])", to, text)
        if text != before:
            path.write_text(text, "utf-8", newline="\n")
            changed.append(path)
    return changed


if __name__ == "__main__":
    try:
        for path in set_url(*sys.argv[1:]):
            print(f"changed {path.relative_to(ROOT)}")
    except (TypeError, ValueError):
        sys.exit("Which address? make url URL=https://github.com/OWNER/NAME")
