"""What a page says of itself and of its neighbours, and how it stays light.

Sphinx loads this file as an extension (see _config.yml); the templates are in book/_templates.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from docutils import nodes
from set_url import forms

SENTENCE = re.compile(r".*?[.?!](?=\s|$)")


def opening(doctree: nodes.document) -> str:
    """The first sentence of a page, without comments and mark-up."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            spoken = (
                text.astext()
                for text in paragraph.findall(nodes.Text)
                if not isinstance(text.parent, (nodes.raw, nodes.comment))
            )
            text = " ".join("".join(spoken).split())
            found = SENTENCE.match(text)
            return found[0] if found else text
    return ""


def introduce(app, pagename, templatename, context, doctree):
    """Give the templates the first sentence of this page and of those before and after it."""
    _, *around = app.builder.relations.get(pagename, [None, None, None])
    for name, page in zip(("prev", "next"), around, strict=True):
        if page:
            context[name]["says"] = opening(app.env.get_doctree(page))
    context["says"] = opening(doctree) if doctree else ""
    context["site"] = forms(app.config.html_theme_options["repository_url"])[2]


def trim(app, pagename, templatename, context, doctree):
    """Drop the scripts that other extensions put on pages without a use for them.

    Thebe (code run in the page) is switched off, but its start-up code stays and
    logs an error; Sphinx adds the maths to a page if a page below it has some.
    """
    maths = doctree is not None and next(doctree.findall(is_maths), None) is not None
    unwanted = ("thebe",) if maths else ("thebe", "mathjax")
    for kind in ("script_files", "css_files"):
        files = context[kind]
        files[:] = [f for f in files if not any(word in described(f) for word in unwanted)]


def measure(app, pagename, templatename, context, doctree):
    """Give pictures their size, so that nothing moves when they come.

    They are not left to come late (`loading="lazy"`): what nobody has scrolled to is not printed.
    """
    sources = {name: Path(app.srcdir, source) for source, name in app.builder.images.items()}

    def measured(match: re.Match[str]) -> str:
        head = sources[match["name"]].read_bytes()[:24]
        if not head.startswith(b"\x89PNG"):
            return match[0]
        width, height = struct.unpack(">2I", head[16:])
        return f'<img width="{width}" height="{height}" {match["rest"]}'

    picture = r'<img (?P<rest>[^>]*src="[./]*_images/(?P<name>[^"]+)")'
    body = re.sub(picture, measured, context.get("body", ""))
    # docutils gives the references roles that are none, or are no more: worse than no role.
    # In a cell's HTML a link leads to a notebook, so that it works in Jupyter too.
    body = re.sub(r'(href="[\w./-]+)\.ipynb(?=["#])', r"\1.html", body)
    body = body.replace('role="list" class="citation-list"', 'class="citation-list"')
    context["body"] = body.replace(' role="doc-biblioentry"', "")


def lighten(app, exception):
    """Empty the theme's script for icons: its style sheet draws the same ones from a font.

    And name the arrow with which the theme unfolds the pages below another one.
    """
    if exception is not None:
        return
    Path(app.outdir, "_static", "scripts", "fontawesome.js").write_text("")
    arrow = '<summary><span class="toctree-toggle"'
    for path in Path(app.outdir).rglob("*.html"):
        page = path.read_text("utf-8")
        if arrow in page:
            named = arrow.replace("<summary>", '<summary aria-label="pages below">')
            path.write_text(page.replace(arrow, named), "utf-8")


def is_maths(node) -> bool:
    return node.tagname in ("math", "math_block")


def described(file) -> str:
    """What a page's script is: its address, or the code that stands in the page."""
    return f"{file.filename or ''} {file.attributes.get('body') or ''}".lower()


def setup(app):
    """Sphinx's entry point."""
    app.connect("html-page-context", introduce)
    app.connect("html-page-context", trim, priority=900)
    app.connect("html-page-context", measure)
    app.connect("build-finished", lighten)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
