"""The repository's address is one setting; every place that repeats it agrees."""

import json
import re
import shutil
from importlib.metadata import metadata
from pathlib import Path

import pytest
import yaml
from set_url import ROOT, current, forms, normalise, places, set_url

# A name of ours in an address: the repository, Colab's view of it, or the site.
# One pattern, whoever the owner is, so that a leftover of a former address shows.
OURS = re.compile(r"https://(?:colab\.research\.google\.com/github|github\.com)/[\w.-]+/[\w.-]+")
OTHERS = ("executablebooks", "zalandoresearch", "YoongiKim", "KellerJordan")
ELSEWHERE = tuple(f"https://github.com/{owner}/" for owner in OTHERS)


def notebooks(root: Path) -> list[Path]:
    return sorted((root / "book").glob("**/*.ipynb"))


def stated(root: Path) -> dict[str, str]:
    """What each place says the address is."""
    config = yaml.safe_load((root / "_config.yml").read_text())
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    found = {
        "_config.yml": config["repository"]["url"],
        "CITATION.cff": citation["repository-code"],
    }
    for path in notebooks(root):
        code = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
        if code:
            match = re.search(r"git\+(https://[^\s\"']+)", "".join(code[0]["source"]))
            found[path.name] = match[1].removesuffix(".git") if match else "no git+https address"
    return found


def strays(root: Path) -> dict[str, str]:
    """Addresses of other repositories, where ours belongs."""
    url, colab, _ = forms(current(root))
    found = {}
    for path in places(root):
        for address in OURS.findall(path.read_text(encoding="utf-8")):
            ours = f"{address.removesuffix('.git').rstrip('.')}/"
            if ours not in (f"{url}/", colab) and not ours.startswith(ELSEWHERE):
                found[path.name] = address
    return found


def test_all_places_agree():
    assert stated(ROOT) == dict.fromkeys(stated(ROOT), current())
    assert current() in (ROOT / "README.md").read_text()
    assert not strays(ROOT)


def test_installed_package_agrees():
    urls = metadata("mislabel-utils").get_all("Project-URL")
    assert f"Repository, {current()}" in urls, "the installation is stale: run `make book`"


def test_pages_are_published_after_the_tests_and_with_their_own_address():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())["jobs"]
    assert "test" in jobs["pages"]["needs"]
    assert jobs["pages"]["concurrency"]["cancel-in-progress"] is False
    steps = [step.get("run") or step["uses"] for step in jobs["test"]["steps"]]
    address = steps.index('python tools/set_url.py "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"')
    assert address < steps.index(".ci/run") < steps.index("actions/upload-pages-artifact@v3")
    deploys = [job for job in jobs if "deploy-pages" in str(jobs[job])]
    assert deploys == ["pages"]


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
        assert set_url(new, copy)
        assert current(copy) == new
        assert set(stated(copy).values()) == {new}
        assert not strays(copy)
        assert set_url(new, copy) == [], "a second time there is nothing to change"
    set_url(before, copy)
    for path in places(ROOT):
        assert (copy / path.relative_to(ROOT)).read_text() == path.read_text()


@pytest.mark.parametrize("spelling", ["{}", "{}/", "{}.git", " {}\n"])
def test_usual_spellings_are_accepted(spelling):
    url = "https://github.com/owner/name"
    assert normalise(spelling.format(url)) == url


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "owner/name",
        "http://github.com/owner/name",
        "git@github.com:owner/name.git",
        "https://github.com/owner",
        "https://github.com/owner/name/tree/main",
        "https://gitlab.com/owner/name",
        'https://github.com/owner/na"me',
        "https://github.com/-owner/name",
    ],
)
def test_other_addresses_are_refused(bad, copy):
    with pytest.raises(ValueError, match=r"https://github\.com/OWNER/NAME"):
        set_url(bad, copy)
