"""The built site: no dead link, and every page works with nothing but itself.

Pages are opened in headless Chromium as in `browsing`.
"""

import gzip
import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import build
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import PHONE, WIDE
from bs4 import BeautifulSoup
from execute import WIDGET_VIEW


@pytest.fixture(scope="module")
def soups(site) -> dict[Path, BeautifulSoup]:
    """Every page of the site, parsed."""
    paths = sorted(p for p in site.rglob("*.html") if "_static" not in p.parts)
    return {p: BeautifulSoup(p.read_text(encoding="utf-8"), "html.parser") for p in paths}


@pytest.fixture(scope="module")
def pages(site, soups) -> list[str]:
    """Addresses of the pages that are read: those of the book, and the search."""
    names = [path.relative_to(site).as_posix() for path in soups]
    return [name for name in names if name.startswith("book/") or name == "search.html"]


def targets(soup: BeautifulSoup):
    for tag, attribute in (("a", "href"), ("link", "href"), ("img", "src"), ("script", "src")):
        for element in soup.find_all(tag, **{attribute: True}):
            yield element[attribute]


def anchors(soup: BeautifulSoup) -> set[str]:
    return {e["id"] for e in soup.find_all(id=True)} | {
        e["name"] for e in soup.find_all("a", {"name": True})
    }


def test_the_table_to_download_is_of_the_books_own_records(monkeypatch, tmp_path):
    """It was of those of a reader who had set the variable, and stayed so."""

    def built(*arguments, **options):
        (tmp_path / "index.html").touch()
        return SimpleNamespace(returncode=0)

    monkeypatch.setenv("MISLABEL_RECORDS", str(tmp_path))
    monkeypatch.setattr(build.subprocess, "run", built)
    for name, place in {"ROOT": "", "SITE": "", "STAMP": "stamp"}.items():
        monkeypatch.setattr(build, name, tmp_path / place)
    build.build()
    assert len((tmp_path / "results.csv").read_text().splitlines()) > 865


def test_no_dead_internal_links(site, soups):
    ids = {path: anchors(soup) for path, soup in soups.items()}
    dead = []
    for path, soup in soups.items():
        for target in targets(soup):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            fragment = unquote(parts.fragment)
            known = ids.get(file, {fragment})
            if not file.is_file() or (fragment and fragment not in known):
                dead.append(f"{path.relative_to(site)} → {target}")
    assert not dead, "\n".join(dead)


# Without preloading: it asks for imported style sheets in the wrong place.
AXE = {"preload": False, "resultTypes": ["violations"]}
# In the second colours and width of a page, which is the same page: what depends on these.
LOOKS = {"runOnly": ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]}
# axe-core takes a second for some hundred elements, and pages have thousands. Long tables go on as
# they begin, and axe-core does not know the colours of what is drawn. A token that is as plain to
# see as five before it becomes plain text, as do those whose contrast axe-core does not measure:
# hidden ones, and single characters.
FEWER_ELEMENTS = """() => {
  document.querySelectorAll("tbody tr:nth-child(n + 11), svg.plot > *").forEach((e) => e.remove());
  const seen = {};
  const tokens = [...document.querySelectorAll(".highlight pre span, .sig span")];
  const looks = tokens.map((token) => {
    const { color, backgroundColor, fontSize, fontWeight } = getComputedStyle(token);
    const ground = getComputedStyle(token.closest("pre, .sig")).backgroundColor;
    const checked = token.checkVisibility() && token.textContent.trim().length > 1;
    return checked && [color, backgroundColor, fontSize, fontWeight, ground].join();
  });
  tokens.forEach((token, place) => {
    const plain = token.getAttributeNames().every((name) => name === "class");
    const times = (seen[looks[place]] = (seen[looks[place]] ?? 0) + 1);
    if (plain && (!looks[place] || times > 5)) token.replaceWith(...token.childNodes);
  });
}"""


SHIFTS = """() => new Promise((answer) => {
  let total = 0;
  const add = (list) => list.getEntries().forEach((entry) => (total += entry.value));
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => answer(total), 300);
})"""


def sent(body: bytes) -> int:
    """What a web server sends."""
    return min(len(body), len(gzip.compress(body)))


@pytest.mark.parametrize("viewport, colours", [(WIDE, "light"), (PHONE, "dark")])
def test_pages_load_cleanly_and_everybody_can_use_them(visit, pages, viewport, colours):
    """A first view that is light and steady, widgets drawn, nothing too wide, and no finding.

    Findings are those of axe-core by its standard rules.
    """
    came, axe = [], Axe()
    page = visit("search.html", viewport, colours, to_widgets=False)
    page.on("response", lambda response: came.append(response))
    for name in pages:
        came.clear()
        visit(name, viewport, colours, to_widgets=False)
        size = sum(sent(response.body()) for response in {each.url: each for each in came}.values())
        if not 10_000 < size < 1_200_000:
            visit.complain(f"{size} bytes before anybody scrolls")
        if (moved := page.evaluate(SHIFTS)) >= 0.05:
            visit.complain(f"moves by {moved} while it comes")
        if (dark := lightness(page) < 80) != (colours == "dark"):
            visit.complain(f"dark is {dark} where the system is {colours}")
        views = page.locator(f'script[type="{WIDGET_VIEW}"]').count()
        if views:  # with no kernel, from the state that is stored in the page
            drawn = page.locator(".cell_output .jupyter-widgets:not(.jupyter-widgets *)")
            for number in range(views):  # each is drawn when the reader comes near
                place = page.locator(f'script[type="{WIDGET_VIEW}"]').nth(number)
                place.evaluate("place => place.parentElement.scrollIntoView()")
                drawn.nth(number).wait_for(state="attached")
            if drawn.count() != views:
                visit.complain(f"{drawn.count()} widgets drawn, not {views}")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > viewport["width"]:
            visit.complain(f"{width} pixels wide on a screen of {viewport['width']}")
        if viewport == PHONE and name.startswith("book/package/"):
            continue  # a page of code is a page of code
        page.evaluate(FEWER_ELEMENTS)
        options = AXE if viewport == WIDE or name == "search.html" else AXE | LOOKS
        for rule in axe.run(page, options=options).response["violations"]:
            visit.complain(f"{rule['id']}: {[n['html'][:200] for n in rule['nodes']]}")
    assert not visit.complaints, "\n".join(visit.complaints)


def test_fonts_that_come_late_move_nothing(visit):
    """A page moved by a fifth of the screen when they came after a second."""
    page, late = visit("search.html", PHONE, to_widgets=False), []
    page.route("**/*.woff2", lambda route: late.append(route))
    page.goto(page.url.replace("search", "book/mnist_to_fashion"), wait_until="commit")
    page.wait_for_timeout(2000)
    for font in late:
        font.fallback()
    page.wait_for_load_state("networkidle")
    assert late and page.evaluate(SHIFTS) < 0.05


def test_where_the_keyboard_is_can_be_seen(visit):
    """Icons showed nothing: the theme takes their outline away."""
    page = visit("book/words.html", to_widgets=False)
    for _ in range(12):
        page.keyboard.press("Tab")
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style == "solid", page.evaluate("document.activeElement.outerHTML")


def lightness(page) -> float:
    """Of the page's background, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3
