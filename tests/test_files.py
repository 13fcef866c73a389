"""Folders that the environment names."""

import pytest
from toys import ROOT

from mislabel_utils.files import cache_dir, folder
from mislabel_utils.recording.records import Store

WHERE = {  # what each variable decides
    "MISLABEL_CACHE": cache_dir,
    "MISLABEL_RECORDS": lambda: Store().root,
    "MISLABEL_DATA": lambda: folder("MISLABEL_DATA"),
}


@pytest.mark.parametrize("variable", WHERE)
def test_a_notebook_and_a_terminal_mean_the_same_folder(variable, monkeypatch, tmp_path):
    monkeypatch.setenv(variable, "mine")
    found = []
    for place in (ROOT, ROOT / "book", tmp_path):
        monkeypatch.chdir(place)
        found.append(WHERE[variable]())
    assert found == [ROOT / "mine", ROOT / "mine", tmp_path / "mine"]
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(variable, "~/mine")
    assert WHERE[variable]() == tmp_path / "mine"
