"""Serve the scripts for widgets and maths from the book itself.

Sphinx loads this file as an extension (see _config.yml). MyST-NB and Sphinx
would take the scripts from three other sites, on every page that needs them.
Here they come from the npm registry, once, when the site is built; the hashes
below say which bytes are accepted. Without npm the pages fall back to the same
versions on a CDN, checked by the browser against the same files' hashes.

The folder they lie in must not be called `_static`: Jupyter Book adds every
script in a folder of that name to every page.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "book" / "_assets"
CDN = "https://cdn.jsdelivr.net/npm"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"  # marks a page with widgets


@dataclass(frozen=True)
class Package:
    """One npm package: its tarball's hash, and the script that a page loads."""

    name: str
    version: str
    sha512: str  # of the tarball, as npm writes it
    script: str  # path in the package
    sha384: str  # of the script, as a page's `integrity` attribute
    beside: tuple[str, ...] = ()  # patterns: what the script loads from its own folder

    @property
    def folder(self) -> str:
        return self.name.rpartition("/")[2]

    @property
    def local(self) -> str:
        """Address below `_static`."""
        return f"{self.folder}/{Path(self.script).name}"

    @property
    def remote(self) -> str:
        return f"{CDN}/{self.name}@{self.version}/{self.script}"


REQUIRE = Package(
    "requirejs",
    "2.3.8",
    "7/cTSLOdYkNBNJcDMWf+luFvMriVm7eYxp4BcFCsAX0wF421Vyce5SXP17c+Jd5otXKGNehIonFlyQXSowL6Mw==",
    "require.js",
    "gzoQyNpzaOK+Aes9TTuBq/ZgYdleZUDN3sFwxyLRbRytLEWofprkKj2F7z3a6nTu",
)
WIDGETS = Package(
    "@jupyter-widgets/html-manager",
    "1.0.15",
    "5thBIV6ymNgmPVOHvzx+gGy8ZSKmSazhtGw4/c4xJDVzRhG9PTeQsRjF3FUTopvFi//SABeNz1yp47bCrJ3CQA==",
    "dist/embed-amd.js",
    "/x/n24gdFNkRW3aFeWPOJ5tgVI0ZmBOBu6UKswtJLAm6SIAzWBZUdrLEr5A9yXvL",
    beside=("dist/*.woff*", "dist/*.LICENSE.txt"),
)
# What draws the live views (mislabel_utils.live); html-manager asks require.js for it.
LIVE = Package(
    "anywidget",
    "0.11.0",
    "LHZgW2j5UjyerZSZcO+BtZPXGMSORQV2bUT480hOR5x/BXS8sOradi/71amJfMueSEnKX0dqPwTfsOGHTsyZpQ==",
    "dist/index.js",
    "eUKNi99kVW7N7VQ0GtQ1I+YaoVYA6vDMwCcnx6itIeZ6IRWD1bUtVRb8/Z5QnZm3",
)
# The SVG build is one self-contained file; the CHTML build loads fonts beside it.
MATHS = Package(
    "mathjax",
    "3.2.2",
    "Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
    "es5/tex-svg.js",
    "KKWa9jJ1MZvssLeOoXG6FiOAZfAgmzsIIfw8BXwI9+kYm0lPCbC6yTQPBC00F1/L",
)
PACKAGES = (REQUIRE, WIDGETS, LIVE, MATHS)


def _download(package: Package, target: Path) -> None:
    """Fetch one package, check it, and keep the few files a page needs."""
    spec = f"{package.name}@{package.version}"
    with tempfile.TemporaryDirectory() as tmp:
        command = ["npm", "pack", "--silent", "--pack-destination", tmp, spec]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
        (tarball,) = Path(tmp).glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
        if found != package.sha512:
            raise RuntimeError(f"{spec}: the downloaded package is not the expected one")
        target.mkdir(parents=True)
        with tarfile.open(tarball) as archive:
            for member in archive:
                path = member.name.removeprefix("package/")
                if any(fnmatch(path, wanted) for wanted in (package.script, *package.beside)):
                    target.joinpath(Path(path).name).write_bytes(archive.extractfile(member).read())


def fetch(folder: Path = FOLDER) -> bool:
    """Make sure that `folder` holds the scripts; False where npm cannot supply them."""
    stamp = "\n".join(f"{p.name}@{p.version}" for p in PACKAGES)
    marker = folder / "versions.txt"
    if marker.is_file() and marker.read_text() == stamp:
        return True
    shutil.rmtree(folder, ignore_errors=True)
    try:
        for package in PACKAGES:
            _download(package, folder / package.folder)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        reason = "npm is not installed" if isinstance(error, FileNotFoundError) else "npm failed"
        if os.environ.get("CI"):  # what is published asks nobody else
            raise RuntimeError(reason) from error
        message = f"{reason}: pages with widgets or maths will load scripts from {CDN}"
        print(message, file=sys.stderr)
        return False
    marker.write_text(stamp)
    return True


def addresses(local: bool) -> dict[str, object]:
    """The Sphinx settings that say where the scripts are."""
    if local:
        return {"mathjax_path": MATHS.local, "mathjax_options": {"defer": "defer"}}
    checked = {"integrity": f"sha384-{MATHS.sha384}", "crossorigin": "anonymous"}
    return {
        "mathjax_path": MATHS.remote,
        "mathjax_options": checked | {"defer": "defer"},
    }


# The scripts for widgets are larger than all the rest of a page: they come when the reader does.
WHEN_NEAR = """
const views = document.querySelectorAll('script[type="application/vnd.jupyter.widget-view+json"]');
const near = new IntersectionObserver((seen) => {
  if (!seen.some((view) => view.isIntersecting)) return;
  near.disconnect();
  for (const source of SOURCES) {
    const script = document.createElement("script");
    document.head.append(Object.assign(script, source, { async: false }));
  }
}, { rootMargin: "50% 0px" });
views.forEach((view) => near.observe(view.parentElement));
"""

# The handles of ipywidgets' sliders have no name of their own; their label is beside them.
SLIDER_NAMES = """
new MutationObserver(() => {
  const unnamed = ".widget-slider [role=slider]:not([aria-label])";
  for (const handle of document.querySelectorAll(unnamed)) {
    const label = handle.closest(".widget-slider").querySelector(".widget-label");
    if (label) handle.setAttribute("aria-label", label.textContent);
  }
}).observe(document.documentElement, { childList: true, subtree: true });
"""


def directions(local: bool) -> str:
    """What require.js finds when it starts: the places of the modules.

    The widgets that Jupyter comes with are in html-manager's bundle already, and only look there
    for their fonts.
    """
    if local:
        fonts, live, check = _here(WIDGETS), _here(LIVE), ""
    else:
        fonts, live = f'"{WIDGETS.remote}"', f'"{LIVE.remote}"'
        sri = f'node.integrity = "sha384-{LIVE.sha384}";'
        check = f', onNodeCreated: (node) => {{ node.crossOrigin = "anonymous"; {sri} }}'
    folder, live = fonts.replace("/embed-amd.js", ""), live.replace('.js"', '"')
    names = ("@jupyter-widgets", "@jupyter-widgets/html-manager/dist")
    places = ", ".join(f'"{name}": {folder}' for name in names)
    return f'var require = {{ paths: {{ {places}, "{LIVE.name}": {live} }}{check} }};'


def when_near(local: bool) -> str:
    """The module that loads the scripts for widgets when one comes near."""
    packages = (REQUIRE, WIDGETS)
    if local:
        sources = ", ".join(f"{{ src: {_here(package)} }}" for package in packages)
    else:
        sources = ", ".join(
            f'{{ src: "{p.remote}", integrity: "sha384-{p.sha384}", crossOrigin: "anonymous" }}'
            for p in packages
        )
    return f"const SOURCES = [{sources}];{WHEN_NEAR}"


def _here(package: Package) -> str:
    """JavaScript for the address in this site: Sphinx writes a page's way to the root into it."""
    return f'document.documentElement.dataset.content_root + "_static/{package.local}"'


def direct(app, pagename, templatename, context, doctree):
    """On pages with widgets: say where their scripts are, and name the sliders."""
    files = context["script_files"]
    if any('"@jupyter-widgets/controls"' in f.attributes.get("body", "") for f in files):
        files[:] = [f for f in files if "views.js" not in str(f.filename)]
        local = MATHS.local in app.config.mathjax_path
        app.add_js_file(None, body=directions(local))
        app.add_js_file(None, body=when_near(local), type="module")
        app.add_js_file(None, body=SLIDER_NAMES)


def setup(app):
    """Sphinx's entry point."""
    local = fetch()
    for name, value in addresses(local).items():
        app.config[name] = value
    if local:
        app.config.html_static_path.append(str(FOLDER))
    app.connect("html-page-context", direct, priority=800)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
