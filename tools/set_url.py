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
SETTING = re.compile(r'^Repository = "(.*)"$', re.MULTILINE)
# Colab, and so the launch buttons, open notebooks of GitHub only.
GITHUB = re.compile(r"https://github\.com/([A-Za-z0-9][A-Za-z0-9-]*)/([A-Za-z0-9._-]+)")
PLACES = ("pyproject.toml", "_config.yml", "README.md", "CITATION.cff", "book/*.md",
          "book/**/*.ipynb")  # fmt: skip


def normalise(url: str) -> str:
    """Strip what browsers and git add; refuse what is not a GitHub repository."""
    bare = url.strip().rstrip("/").removesuffix(".git")
    match = GITHUB.fullmatch(bare)
    if not match or match[2] in {".", ".."}:
        raise ValueError(
            f"not a GitHub repository: {url!r}. Expected https://github.com/OWNER/NAME"
        )
    return bare


def current(root: Path = ROOT) -> str:
    """The address as pyproject.toml has it."""
    match = SETTING.search((root / "pyproject.toml").read_text(encoding="utf-8"))
    if not match:
        raise ValueError("pyproject.toml has no [project.urls] Repository")
    return match[1]


def forms(url: str) -> tuple[str, str, str]:
    """The three ways of writing the address: the repository, in Colab, as a site."""
    owner, name = GITHUB.fullmatch(url).groups()
    colab = f"https://colab.research.google.com/github/{owner}/{name}/"
    site = f"https://{owner.lower()}.github.io/{name}"
    return url, colab, site


def places(root: Path = ROOT) -> list[Path]:
    return [p for pattern in PLACES for p in sorted(root.glob(pattern)) if p.is_file()]


def set_url(url: str, root: Path = ROOT) -> list[Path]:
    """Write `url` wherever the present address stands; return the files changed."""
    new = normalise(url)
    changes = [
        # Not the beginning of a longer name: …/book is not …/book-two.
        (re.compile(re.escape(old) + r"(?![A-Za-z0-9_-]|\.(?!git\b)[A-Za-z0-9])"), to)
        for old, to in zip(forms(current(root)), forms(new), strict=True)
    ]
    changed = []
    for path in places(root):
        before = text = path.read_text(encoding="utf-8")
        for pattern, to in changes:
            text = pattern.sub(lambda _, to=to: to, text)
        if text != before:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed


def main() -> int:
    if len(sys.argv) != 2 or not sys.argv[1]:
        print("Which address? make url URL=https://github.com/OWNER/NAME", file=sys.stderr)
        return 2
    try:
        changed = set_url(sys.argv[1])
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for path in changed:
        print(f"changed {path.relative_to(ROOT)}")
    print(f"The repository is {current()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
