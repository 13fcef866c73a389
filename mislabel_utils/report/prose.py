"""Numbers for the prose of a page: nobody types them."""

from __future__ import annotations

registered: dict[str, str] = {}
changed: set[str] = set()  # names that were given another text later: executing a page refuses them


def numbers(**values: str) -> None:
    """Give texts a name, for the prose to say them.

    Nothing is shown. A page's Markdown holds each as ``<!--=name-->56 %<!--/-->``: two comments
    that no viewer shows, and the text between them, which `make outputs` writes and a test compares
    with what the page computes.

    Raises
    ------
    TypeError
        For a value that is no text: how a number is written is for the page to say.
    ValueError
        For one that does not fit between two comments in a line.
    """
    for name, value in values.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} is {value!r}: give a text, such as '56 %'.")
        if "\n" in value or "<!--" in value:
            raise ValueError(f"{name} is {value!r}: a line without comments is a number's place.")
        if registered.get(name, value) != value:
            changed.add(name)
    registered.update(values)
