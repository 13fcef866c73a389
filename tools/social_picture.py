"""The picture that stands for the book elsewhere: the head of its first page, as it is built.

python tools/social_picture.py    # writes book/_static/social.png
"""

import shutil

from build import ROOT, build
from playwright.sync_api import sync_playwright

QUIET = ".bd-header-article { display: none !important } .bd-article { padding-top: 3rem }"


def main() -> None:
    page_address = (build() / "book" / "intro.html").as_uri()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--allow-file-access-from-files"],
        )
        page = browser.new_page(viewport={"width": 1200, "height": 630})
        page.goto(page_address)
        page.add_style_tag(content=QUIET)
        page.locator(".digits section").first.wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=ROOT / "book" / "_static" / "social.png")
        browser.close()


if __name__ == "__main__":
    main()
