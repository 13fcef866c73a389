"""The repository's address is one setting; every place that repeats it agrees."""

import re
import shutil

import yaml
from set_url import ROOT, current, places, set_url

# As a setting, or in what the first cell of a notebook installs.
STATED = re.compile(r"(?:git\+|\n  url: |\nrepository-code: |\nRepository = )\W?(https:[\w./-]+)\b")


def stated(root):
    """What each place that is no prose says the address is."""
    texts = {path: path.read_text("utf-8") for path in places(root) if path.suffix != ".md"}
    return {path: {a.removesuffix(".git") for a in STATED.findall(texts[path])} for path in texts}


def test_all_places_agree():
    assert all(said == {current()} for said in stated(ROOT).values())
    assert current() in (ROOT / "README.md").read_text()


def test_pages_are_published_after_the_tests_and_with_their_own_address():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())["jobs"]
    assert "test" in jobs["pages"]["needs"]
    steps = [step.get("run") or step["uses"] for step in jobs["test"]["steps"]]
    address = steps.index('python tools/set_url.py "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"')
    assert address < steps.index(".ci/run") < steps.index("actions/upload-pages-artifact@v3")


def test_one_command_changes_every_place(tmp_path):
    for path in places(ROOT):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    # A longer name, then one that begins like it: neither may leave a piece behind.
    for new in ("https://github.com/Some-One/labels.v2-book", "https://github.com/Some-One/labels"):
        old = current(tmp_path).removeprefix("https://github.com/")
        assert set_url(f" {new}.git\n", tmp_path)
        assert all(said == {new} for said in stated(tmp_path).values())
        said = [path.read_text() for path in places(tmp_path)]
        assert not [text for text in said if re.search(rf"{re.escape(old)}(?![\w-])", text)]
        assert set_url(f"{new}/", tmp_path) == [], "a second time there is nothing to change"
    set_url(current(), tmp_path)
    for path in places(ROOT):
        assert (tmp_path / path.relative_to(ROOT)).read_text() == path.read_text()
