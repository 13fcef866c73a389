"""Views that compute in the page: well-formed, and drawn without a kernel and without a network."""

import shutil
import subprocess

import pytest
from execute import WIDGET_VIEW

from mislabel_utils import live

MODULES = sorted(live.FOLDER.glob("*.js"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_modules_parse(module, tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; the browser tests still run the modules")
    as_module = tmp_path / f"{module.stem}.mjs"
    as_module.write_bytes(module.read_bytes())
    done = subprocess.run([node, "--check", as_module], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_views_hold_their_module_and_say_the_same_each_time():
    view = live.Playground()
    state = view.get_state()
    assert state["_esm"].rstrip().endswith("export default { render };")
    assert view._repr_mimebundle_()[0]["text/plain"] == "Playground()"


def test_a_static_page_draws_views(visit, site):
    page = visit("book/two_dimensions.html")
    room = page.locator(".tag_live-playground .cell_output")
    before = room.bounding_box()["height"]
    page.locator(".playground canvas").first.wait_for()
    assert room.bounding_box()["height"] == before, "the page moved when the view was drawn"
    assert page.locator(f'script[type="{WIDGET_VIEW}"]').count() == 1
    assert not visit.complaints, "\n".join(visit.complaints)
