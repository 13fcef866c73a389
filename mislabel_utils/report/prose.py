"""Numbers for the prose of a page: nobody types them."""

from __future__ import annotations

registered: dict[str, str] = {}


def numbers(**values: str) -> None:
    """Give texts a name, for the prose to say them.

    Nothing is shown. A page's Markdown holds each as ``<!--=name-->56 %<!--/-->``: two comments
    that no viewer shows, and the text between them, which `make outputs` writes and a test compares
    with what the page computes.

    Raises
    ------
    TypeError
        For a value that is no text: how a number is written is for the page to say.
    """
    for name, value in values.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} is {value!r}: give a text, such as '56 %'.")
    registered.update(values)
