"""The built site: no dead link, and every page works with nothing but itself.

Pages are opened in headless Chromium as in `browsing`.
"""

import gzip
import re
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import PHONE, WIDE
from bs4 import BeautifulSoup
from execute import WIDGET_VIEW

from mislabel_utils.live import training


def test_beside_the_pages_lie_the_books_own_records_and_lessons(site):
    """They were those of a reader who had set MISLABEL_RECORDS, as `site` does."""
    assert len((site / "results.csv").read_text().splitlines()) > 865
    for name in training.FILES:
        assert gzip.decompress((site / "_static" / "training" / f"{name}.bin").read_bytes())


@pytest.fixture(scope="module")
def soups(site):
    """Every page, parsed."""
    paths = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]
    return {path: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in paths}


def test_no_dead_internal_links(site, soups):
    ids = {path: {e.get("id", e.get("name")) for e in soup.select("[id], a[name]")}
           for path, soup in soups.items()}  # fmt: skip
    dead = []
    for path, soup in soups.items():
        for element in soup.select("a[href], link[href], img[src], script[src]"):
            parts = urlsplit(element.get("href") or element.get("src"))
            if parts.scheme or parts.netloc:
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            fragment = unquote(parts.fragment)
            if not file.is_file() or (fragment and fragment not in ids.get(file, {fragment})):
                dead.append(f"{path.relative_to(site)} → {parts.geturl()}")
    assert len(soups) > 20 and not dead, "\n".join(dead)


def test_a_caption_leads_to_the_records_of_its_chapter(soups, visit):
    said = {
        urlsplit(link["href"]).query: link.string
        for soup in soups.values()
        for link in soup.find_all("a", string=re.compile("^all .* records$"))
    }
    assert len(said) > 6
    for query, text in said.items():
        page = visit(f"book/reproduce.html?{query}", to_widgets=False)
        page.locator("output", has_text=f"{text.split()[1]} of ").wait_for()


# Without preloading: it asks for imported style sheets in the wrong place.
AXE = {"preload": False, "resultTypes": ["violations"]}
# In the second colours and width of a page, which is the same page: what depends on these.
LOOKS = {"runOnly": ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]}
# axe-core takes a second for some hundred elements, and pages have thousands: long tables, code and
# signatures go on as they begin. Of what is drawn it does not know the colours.
LONG = (
    "tbody tr:nth-child(n + 11), pre > :nth-child(n + 30), .sig > :nth-child(n + 7), svg.plot > *"
)
SHORTEN = f"document.querySelectorAll('{LONG}').forEach((e) => e.remove())"
# The colours that carry a meaning, which cannot be read as text.
FAINT = """() => {
  const { Color, getContrast } = axe.commons.color, style = getComputedStyle(document.body);
  const [paper, card, ...roles] = ["paper", "card", "ink", "quiet", "teacher", "student",
    "control", "published", "chance", "stranger"].map((name) => {
      const colour = new Color();
      colour.parseString(style.getPropertyValue(`--${name}`));
      return colour;
    });
  const least = (role) => Math.min(getContrast(paper, role), getContrast(card, role));
  return roles.map(least).filter((contrast) => !(contrast >= 4.5));
}"""
SHIFTS = """() => new Promise((answer) => {
  let total = 0;
  const add = (list) => list.getEntries().forEach((entry) => (total += entry.value));
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => answer(total), 300);
})"""


@pytest.mark.parametrize("viewport, colours", [(WIDE, "light"), (PHONE, "dark")])
def test_pages_load_cleanly_and_everybody_can_use_them(visit, site, viewport, colours):
    """A first view that is light and steady, widgets drawn, nothing too wide, and no finding.

    Findings are those of axe-core by its standard rules.
    """
    came, axe = [], Axe()
    page = visit("search.html", viewport, colours, to_widgets=False)
    page.on("response", lambda response: came.append(response))
    for path in [*sorted(site.glob("book/**/*.html")), site / "search.html"]:
        name = path.relative_to(site).as_posix()
        came.clear()
        visit(name, viewport, colours, to_widgets=False)
        bodies = {each.url: each.body() for each in came}.values()
        size = sum(min(len(body), len(gzip.compress(body))) for body in bodies)  # as it is sent
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
        page.evaluate(SHORTEN)
        options = AXE if viewport == WIDE else AXE | LOOKS
        for rule in axe.run(page, options=options).response["violations"]:
            visit.complain(f"{rule['id']}: {[n['html'][:200] for n in rule['nodes']]}")
    assert not page.evaluate(FAINT)


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
