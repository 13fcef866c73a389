"""Build the site into _build/html, if anything that it is made from has changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from mislabel_utils.live import training
from mislabel_utils.report import results

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
STAMP = ROOT / "_build" / "sources.sha256"
SOURCES = ("_*.yml", "requirements.txt", "tools/*.py", "book/**/*", "mislabel_utils/**/*")
NOT_SOURCES = {".ipynb_checkpoints", ".ruff_cache", "__pycache__"}


def digest() -> str:
    """One hash of all sources. Contents, not dates: a checkout changes the dates."""
    total = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        if path.is_file() and NOT_SOURCES.isdisjoint(path.parts):
            total.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def build() -> Path:
    """Return the site's folder, built afresh where it is missing or stale."""
    current = digest()
    if STAMP.is_file() and STAMP.read_text() == current and (SITE / "index.html").is_file():
        return SITE
    # From nothing: pages of chapters that are gone must not stay, and Sphinx
    # repeats no warning for a page that it does not read again.
    shutil.rmtree(ROOT / "_build", ignore_errors=True)
    book = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    options = ["build", "-W", "-n", "--keep-going", "-q", "."]
    done = subprocess.run([*book, *options], cwd=ROOT, stdout=subprocess.PIPE)
    if done.returncode:
        sys.stdout.buffer.write(done.stdout)
        raise RuntimeError("The site was not built: see the warnings above.")
    # The page that leads on to the first one: without an icon browsers ask for one of their own.
    redirect = SITE / "index.html"
    redirect.write_text('<link rel="icon" href="_static/favicon.svg">\n' + redirect.read_text())
    os.environ.pop("MISLABEL_RECORDS", None)  # what is published are the book's own
    results.download(SITE)
    training.beside(SITE)
    STAMP.write_text(current)
    return SITE


if __name__ == "__main__":
    try:
        print(f"The book: {(build() / 'index.html').as_uri()}")
    except RuntimeError as error:
        sys.exit(str(error))
