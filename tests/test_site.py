"""The built site: no dead link, and every page works with nothing but itself.

Pages are opened in headless Chromium as in `browsing`.
"""

import re
import warnings
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browsing import PHONE, WIDE
from bs4 import BeautifulSoup
from execute import WIDGET_VIEW
from page_scripts import CDN

WIDGET_SCRIPTS = re.compile(r"require(\.min)?\.js|embed-amd\.js|html-manager")
MATHS_SCRIPT = re.compile("mathjax", re.IGNORECASE)


@pytest.fixture(scope="module")
def soups(site) -> dict[Path, BeautifulSoup]:
    """Every page of the site, parsed."""
    paths = sorted(p for p in site.rglob("*.html") if "_static" not in p.parts)
    return {p: BeautifulSoup(p.read_text(encoding="utf-8"), "html.parser") for p in paths}


@pytest.fixture(scope="module")
def pages(site, soups) -> list[str]:
    """Addresses of the pages that are read: those of the book, and the search."""
    found = []
    for path, soup in soups.items():
        name = path.relative_to(site).as_posix()
        if not (name.startswith("book/") or name == "search.html"):
            continue
        if soup.find("script", src=re.compile("^" + re.escape(CDN))):
            # Built without npm, so this page needs a network that the test has not.
            warnings.warn(f"{name} is not opened: npm was missing at build time", stacklevel=1)
        else:
            found.append(name)
    return found


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
    for path, soup in soups.items():
        scripts = " ".join(s["src"] for s in soup.find_all("script", src=True))
        widgets = soup.find("script", type=WIDGET_VIEW)
        assert bool(WIDGET_SCRIPTS.search(scripts)) == bool(widgets), path
        maths = soup.find(class_="math")
        assert bool(MATHS_SCRIPT.search(scripts)) == bool(maths), path


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["desktop", "phone"])
def test_pages_load_cleanly(visit, pages, viewport):
    for name in pages:
        page = visit(name, viewport)
        views = page.locator(f'script[type="{WIDGET_VIEW}"]').count()
        if views:  # with no kernel, from the state that is stored in the page
            drawn = page.locator(".cell_output :not(.jupyter-widgets) > .jupyter-widgets")
            drawn.nth(views - 1).wait_for(state="attached")
            if drawn.count() != views:
                visit.complain(f"{drawn.count()} widgets drawn, not {views}")
            if page.locator(".jupyter-widgets img:not([alt])").count():
                visit.complain("a picture in a widget has no alt text")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > viewport["width"]:
            visit.complain(f"{width} pixels wide on a screen of {viewport['width']}")
    assert not visit.complaints, "\n".join(visit.complaints)


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


def test_sliders_work_by_keyboard_and_without_a_kernel(visit, pages):
    name = "book/two_dimensions.html"
    if name not in pages:
        pytest.skip("built without npm: the sliders come from another host")
    page = visit(name)
    page.locator(".jupyter-widgets img").first.wait_for()

    def shown():
        return page.locator(".jupyter-widgets img:visible").evaluate_all(
            "images => images.map(image => image.src)"
        )

    seen = [shown()]
    for handle in page.locator(".widget-slider").get_by_role("slider").all():
        handle.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(300)
        seen.append(shown())
    assert len(seen) == 3 and all(len(pictures) == 2 for pictures in seen)
    assert len({picture for pictures in seen for picture in pictures}) == 6
    assert not visit.complaints, "\n".join(visit.complaints)
