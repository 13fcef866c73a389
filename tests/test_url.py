"""The repository's address is one setting; every place that repeats it agrees."""

import json
import re
import shutil
from importlib.metadata import metadata
from pathlib import Path

import pytest
import yaml
from set_url import ROOT, current, forms, places, set_url


def stated(root: Path) -> dict[str, str]:
    """What each place says the address is."""
    config = yaml.safe_load((root / "_config.yml").read_text())
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    found = {
        "_config.yml": config["repository"]["url"],
        "CITATION.cff": citation["repository-code"],
    }
    for path in (root / "book").glob("**/*.ipynb"):
        code = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
        if code:
            match = re.search(r"git\+(https://[^\s\"']+)", "".join(code[0]["source"]))
            found[path.name] = match[1].removesuffix(".git") if match else "no git+https address"
    return found


def test_all_places_agree():
    assert set(stated(ROOT).values()) == {current()}
    assert current() in (ROOT / "README.md").read_text()
    urls = metadata("mislabel-utils").get_all("Project-URL")
    assert f"Repository, {current()}" in urls, "the installation is stale: run `make book`"


def test_pages_are_published_after_the_tests_and_with_their_own_address():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())["jobs"]
    assert "test" in jobs["pages"]["needs"]
    steps = [step.get("run") or step["uses"] for step in jobs["test"]["steps"]]
    address = steps.index('python tools/set_url.py "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"')
    assert address < steps.index(".ci/run") < steps.index("actions/upload-pages-artifact@v3")


@pytest.fixture
def copy(tmp_path):
    for path in places(ROOT):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return tmp_path


def test_one_command_changes_every_place(copy):
    before = current(copy)
    # A longer name, then one that begins like it: neither may leave a piece behind.
    for new in ("https://github.com/Some-One/labels.v2-book", "https://github.com/Some-One/labels"):
        old = "/".join(forms(current(copy))[0].split("/")[-2:])
        assert set_url(f" {new}.git\n", copy)
        assert set(stated(copy).values()) == {new} == {current(copy)}
        said = [path.read_text() for path in places(copy)]
        assert not [text for text in said if re.search(rf"{re.escape(old)}(?![\w-])", text)]
        assert set_url(f"{new}/", copy) == [], "a second time there is nothing to change"
    set_url(before, copy)
    for path in places(ROOT):
        assert (copy / path.relative_to(ROOT)).read_text() == path.read_text()


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "http://github.com/owner/name",
        "git@github.com:owner/name.git",
        "https://github.com/owner",
        "https://github.com/owner/name/tree/main",
        'https://github.com/owner/na"me',
        "https://github.com/-owner/name",
    ],
)
def test_other_addresses_are_refused(bad, copy):
    with pytest.raises(ValueError, match=r"https://github\.com/OWNER/NAME"):
        set_url(bad, copy)
