"""Folders that the environment names, and locks."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from toys import ROOT

from mislabel_utils.files import cache_dir, folder, locked
from mislabel_utils.recording.records import Store

WHERE = {  # what each variable decides
    "MISLABEL_CACHE": cache_dir,
    "MISLABEL_RECORDS": lambda: Store().root,
    "MISLABEL_DATA": lambda: folder("MISLABEL_DATA"),
}
each_variable = pytest.mark.parametrize("variable", WHERE)


@each_variable
def test_home_is_expanded(variable, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(variable, "~/mine")
    assert WHERE[variable]() == tmp_path / "mine"


@each_variable
def test_a_notebook_and_a_terminal_mean_the_same_folder(variable, monkeypatch, tmp_path):
    monkeypatch.setenv(variable, "mine")
    found = []
    for place in (ROOT, ROOT / "book", tmp_path):
        monkeypatch.chdir(place)
        found.append(WHERE[variable]())
    assert found == [ROOT / "mine", ROOT / "mine", tmp_path / "mine"]


def test_who_waits_for_another_process_is_told_for_what(tmp_path, capsys):
    path = tmp_path / "run.lock"
    with ThreadPoolExecutor() as pool:
        with locked(path, "trains this run"):
            later = pool.submit(locked(path, "trains this run", patience=0.1).__enter__)
            assert not wait([later], timeout=1).done
            said = f"Waiting for another process that trains this run (it holds {path}).\n"
            assert capsys.readouterr().err == said
        assert later.result(60) is None
