"""Numbers for the prose of a page: nobody types them."""

from collections.abc import Iterator
from typing import Any

registered: dict[str, str] = {}
changed: set[str] = set()  # names that were given another text later: executing a page refuses them


def numbers(**values: Any) -> None:
    """Give texts a name, for the prose to say them.

    Nothing is shown. A page's Markdown holds each as ``<!--=name-->56 %<!--/-->``: two comments
    that no viewer shows, and the text between them, which `make outputs` writes and a test compares
    with what the page computes. Of a Series, a DataFrame or a dictionary of texts the prose says
    what it needs: ``<!--=errors.own.student-->`` is in the column "own" and the row "student"; a
    row of several names has spaces between them. Raises a TypeError for a value that is no text, as
    how a number is written is for the page to say, and a ValueError for one that does not fit
    between two comments in a line.
    """
    found = dict(text for name, value in values.items() for text in _texts(name, value))
    for name, value in found.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} is {value!r}: give a text, such as '56 %'.")
        if "\n" in value or "<!--" in value:
            raise ValueError(f"{name} is {value!r}: a line without comments is a number's place.")
        if registered.get(name, value) != value:
            changed.add(name)
    registered.update(found)


def _texts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A text, or those of a table, after the names of its columns and rows."""
    if not hasattr(value, "items"):
        yield name, value
        return
    for label, part in value.items():
        words = " ".join(map(str, label)) if isinstance(label, tuple) else label
        yield from _texts(f"{name}.{words}", part)
