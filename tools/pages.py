"""What a page says of itself and of its neighbours, and how it stays light.

Sphinx loads this file as an extension (see _config.yml); the templates are in book/_templates.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from set_url import forms

# Links alone in brackets, after a sentence: what it rests on. The style sheet may move them.
ASIDE = re.compile(r"(?<=[.?!)] )\(((?:<a [^>]*>(?:(?!</a>).)*</a>(?:, )?)+)\)", re.DOTALL)
# Text of a page, after a tag or what is code, in which quotes and hyphens mean themselves.
SET = re.compile(r"((?:<(script|style|pre|code|dt)\b.*?</\2>|<[^>]*>)+)([^<]*)", re.DOTALL)


def opening(doctree: nodes.document) -> str:
    """The first sentence of a page, without comments and mark-up."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            spoken = (
                text.astext()
                for text in paragraph.findall(nodes.Text)
                if not isinstance(text.parent, (nodes.raw, nodes.comment))
            )
            return re.match(r"(.*?[.?!](?=\s|$)|.*)", " ".join("".join(spoken).split()))[0]
    return ""


def introduce(app, pagename, templatename, context, doctree):
    """Give the templates the first sentence of this page and of those before and after it."""
    _, *around = app.builder.relations.get(pagename, [None, None, None])
    for name, page in zip(("prev", "next"), around, strict=True):
        if page:
            context[name]["says"] = opening(app.env.get_doctree(page))
    context["says"] = opening(doctree) if doctree else ""
    context["site"] = forms(app.config.html_theme_options["repository_url"])[2]


def typeset(text: str) -> str:
    """Apostrophes and minus signs, which Sphinx sets in prose alone, and no unit on its own."""
    text = re.sub(r"(?<=\w)(?:'|&#x27;|&#39;)(?=\w)|(?<=s)(?:'|&#x27;|&#39;)(?= )", "’", text)
    return re.sub(r"(?<![\w.–-])-(?=\d)", "−", re.sub(r"(?<=\d) %", "\u00a0%", text))


def trim(app, pagename, templatename, context, doctree):
    """Drop roles and heads that are none; link to pages, not notebooks."""
    # A cell's HTML links to a notebook, so that it works in Jupyter too. docutils gives the
    # references roles that are none, or are no more: worse than no role.
    body = re.sub(r'(href="[\w./-]+)\.ipynb(?=["#])', r"\1.html", context.get("body", ""))
    body = ASIDE.sub(r'<span class="aside"><span>(</span>\1<span>)</span></span>', body)
    # A corner heads nothing.
    body = re.sub(r'<th(?: scope="col")?([^>]*)>(?:<p></p>)?</th>', r"<td\1></td>", body)
    body = SET.sub(lambda part: part[1] + typeset(part[3]), body)
    context["body"] = re.sub(
        r' role="doc-biblioentry"|(?<=<div) role="list"(?= class="citation-list)', "", body
    )


def lighten(app, exception):
    """Empty the theme's script for icons: its style sheet draws the same ones from a font.

    And name the arrow with which the theme unfolds the pages below another one.
    """
    if exception is None:
        Path(app.outdir, "_static", "scripts", "fontawesome.js").write_text("")
        arrow = '<summary><span class="toctree-toggle"'
        named = arrow.replace("<summary>", '<summary aria-label="pages below">')
        for path in Path(app.outdir).rglob("*.html"):
            path.write_text(path.read_text("utf-8").replace(arrow, named), "utf-8")


def setup(app):
    """Sphinx's entry point."""
    app.connect("html-page-context", introduce)
    app.connect("html-page-context", trim, priority=900)
    app.connect("build-finished", lighten)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
