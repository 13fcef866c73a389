"""The built site in headless Chromium, from a local server, every other host out of reach.

conftest.py makes these fixtures known to all tests.
"""

import os
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from build import build
from execute import WIDGET_VIEW
from filelock import FileLock
from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Sandboxing needs rights that containers lack; the rest keeps the browser from
# talking to anyone by itself.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# Loads the module of a view, given as text, as `module`.
LOAD_MODULE = """
async (source) => {
  const place = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  window.module = await import(place);
}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Built by one, where several processes test, for a reader with records of their own."""
    folder = tmp_path_factory.getbasetemp()
    with FileLock(folder.parent / "site.lock"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("MISLABEL_RECORDS", str(folder))
        return build()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address(site):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        message = f"no browser is installed (looked for {', '.join(BROWSERS)})"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


def go_to_widgets(page) -> None:
    """They are drawn when the reader comes near."""
    view = f"script[type='{WIDGET_VIEW}']"
    page.evaluate(f'document.querySelector("{view}")?.parentElement.scrollIntoView()')


@pytest.fixture
def visit(browser, address):
    """Open pages, all in one fresh profile; what goes wrong, `visit.complaints`, fails the test."""
    profile = browser.new_context()
    page = profile.new_page()
    complaints = []

    def complain(what):
        complaints.append(f"{urlsplit(page.url).path}: {what}")

    def local_only(route):
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            complain(f"third-party request {route.request.url}")
            route.abort()

    def on_console(message):
        if message.type == "error":
            complain(message.text)

    def on_response(response):
        if response.status >= 400:
            complain(f"{response.status} {response.url}")

    def on_failure(request):
        # The browser itself cancels what is still loading (an icon, say) when
        # the next page is opened; that is no failure of the site.
        if request.failure != "net::ERR_ABORTED":
            complain(f"failed request {request.url}: {request.failure}")

    page.set_default_timeout(120_000)  # a busy machine is slow, not wrong
    profile.route("**/*", local_only)
    page.on("console", on_console)
    page.on("pageerror", complain)
    page.on("requestfailed", on_failure)
    page.on("response", on_response)

    def open_page(name, viewport=WIDE, colours="light", to_widgets=True):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=colours)
        page.goto(f"{address}/{name}", wait_until="networkidle")
        if to_widgets:
            go_to_widgets(page)
        return page

    open_page.complain, open_page.complaints = complain, complaints
    yield open_page
    profile.close()
    assert not complaints, "\n".join(complaints)
