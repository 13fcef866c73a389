"""The built site: no dead link, and every page works with nothing but itself.

Pages are opened in headless Chromium as in `browsing`.
"""

import gzip
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import PHONE, WIDE
from bs4 import BeautifulSoup
from execute import WIDGET_VIEW, chapters


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


def test_images_have_alt_text(site, soups):
    bare = [
        f"{path.relative_to(site)}: {image.get('src', '')[:80]}"
        for path, soup in soups.items()
        for image in soup.find_all("img")
        if not image.get("alt", "").strip()
    ]
    assert not bare, "\n".join(bare)


def test_scripts_only_where_needed(soups):
    """None comes from another host, as Sphinx's for formulas and MyST-NB's for sliders would."""
    for path, soup in soups.items():
        scripts = [script["src"] for script in soup.find_all("script", src=True)]
        assert not [source for source in scripts if urlsplit(source).netloc], path
        views = any("views.js" in source for source in scripts)
        assert views == bool(soup.find("script", type=WIDGET_VIEW)), path


def test_what_chapters_import_is_on_a_page_of_the_package(site, soups):
    rooms = [soups[path] for path in (site / "book" / "package").glob("*.html")]
    documented = {
        e["id"].removeprefix("module-")
        for page in rooms
        for e in page.select("[id^='mislabel_utils.'], [id^='module-']")
    }
    cells = [cell for path in chapters() for cell in nbformat.read(path, as_version=4).cells]
    lines = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    imports = re.findall(
        r"^from (mislabel_utils[\w.]*) import (?:\(([^)]*)\)|(.+))$", lines, re.MULTILINE
    )
    assert len(imports) > 10
    for module, *names in imports:
        for name in re.findall(r"(\w+)(?: as \w+)?", "".join(names)):
            assert {module, f"{module}.{name}"} & documented, f"{module}.{name} has no page"


# Without preloading: it asks for imported style sheets in the wrong place.
AXE = {"preload": False, "resultTypes": ["violations"]}
# axe-core takes a second for some hundred elements, and a page of code has thousands. A token that
# is as plain to see as five before it becomes plain text, as do those whose contrast axe-core does
# not measure: hidden ones, and single characters.
FEWER_TOKENS = """() => {
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


@pytest.mark.parametrize("viewport, colours", [(WIDE, "light"), (PHONE, "dark")])
def test_pages_load_cleanly_and_everybody_can_use_them(visit, pages, viewport, colours):
    """Widgets drawn, nothing too wide, no serious finding of axe-core (its standard rules)."""
    for name in pages:
        page = visit(name, viewport, colours)
        views = page.locator(f'script[type="{WIDGET_VIEW}"]').count()
        if views:  # with no kernel, from the state that is stored in the page
            drawn = page.locator(".cell_output .jupyter-widgets:not(.jupyter-widgets *)")
            for number in range(views):  # each is drawn when the reader comes near
                place = page.locator(f'script[type="{WIDGET_VIEW}"]').nth(number)
                place.evaluate("place => place.parentElement.scrollIntoView()")
                drawn.nth(number).wait_for(state="attached")
            if drawn.count() != views:
                visit.complain(f"{drawn.count()} widgets drawn, not {views}")
            if page.locator(".jupyter-widgets img:not([alt])").count():
                visit.complain("a picture in a widget has no alt text")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > viewport["width"]:
            visit.complain(f"{width} pixels wide on a screen of {viewport['width']}")
        page.evaluate(FEWER_TOKENS)
        for rule in Axe().run(page, options=AXE).response["violations"]:
            if rule["impact"] in ("serious", "critical"):
                visit.complain(f"{rule['id']}: {[n['html'][:200] for n in rule['nodes']]}")
    assert not visit.complaints, "\n".join(visit.complaints)


def test_on_a_phone_a_table_of_many_columns_is_cards_that_fit(visit):
    page = visit("book/evidence/mnist_to_fashion.html", PHONE, "light")
    box = page.locator(".text_html:has(table.verdicts)")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    cell = page.locator("table.verdicts tbody td").nth(2)
    named = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert "Ours" in named


def lightness(page) -> float:
    """Of the page's background, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3


def test_dark_mode(visit, pages):
    page = visit(pages[0])
    assert lightness(page) > 200
    for _ in range(3):  # the button goes through automatic, light and dark
        page.locator(".theme-switch-button").first.click()
        if page.evaluate("document.documentElement.dataset.mode") == "dark":
            break
    assert lightness(page) < 80
    page.reload(wait_until="networkidle")
    assert lightness(page) < 80, "the choice is not kept"
    assert not visit.complaints, "\n".join(visit.complaints)


def test_dark_mode_follows_the_system(visit, pages):
    assert lightness(visit(pages[0], colours="dark")) < 80


def test_the_first_view_is_light_and_steady(visit, pages):
    """Below 1.5 MB, as a web server sends it, and nothing moves while it comes."""
    came = {}
    page = visit("search.html", to_widgets=False)
    page.on("response", lambda response: came.update({response.url: response}))
    for name in pages:
        came.clear()
        visit(name, to_widgets=False)
        sizes = {url: sent(response.body()) for url, response in dict(came).items()}
        assert len(sizes) > 10
        assert sum(sizes.values()) < 1_500_000, (name, sizes)
        moved = page.evaluate(SHIFTS)
        assert moved < 0.05, (name, moved)


SHIFTS = """() => new Promise((answer) => {
  let total = 0;
  const add = (list) => list.getEntries().forEach((entry) => (total += entry.value));
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => answer(total), 300);
})"""


def sent(body: bytes) -> int:
    return min(len(body), len(gzip.compress(body)))
