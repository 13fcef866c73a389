"""Folders that the environment names, and files on disks that are full or odd."""

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from toys import ROOT, environment

from mislabel_utils.files import FULL, FolderError, cache_dir, folder, locked
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


def test_no_home_at_all(monkeypatch):
    monkeypatch.delenv("MISLABEL_CACHE", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where nobody has one
    with pytest.raises(FolderError, match=r"no home folder for ~.*: set MISLABEL_CACHE"):
        cache_dir()


def test_who_waits_for_another_process_is_told_for_what(tmp_path, capsys):
    path = tmp_path / "run.lock"
    with ThreadPoolExecutor() as pool:
        with locked(path, "trains this run"):
            later = pool.submit(locked(path, "trains this run", patience=0.1).__enter__)
            assert not wait([later], timeout=1).done
            said = f"Waiting for another process that trains this run (it holds {path}).\n"
            assert capsys.readouterr().err == said
        assert later.result(60) is None


FILLED = """
import resource, sys
from pathlib import Path
import numpy as np, torch
from mislabel_utils.files import FULL, atomic_write
from mislabel_utils.learning import models

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
path = Path(sys.argv[1])
try:
    if path.suffix == ".pt":
        models.save({"a": torch.zeros(100_000)}, path)
    else:
        with atomic_write(path) as temporary:
            np.savez(temporary, np.zeros(100_000))
except OSError as error:
    print(error.errno in FULL, error.filename == str(path), [p.name for p in path.parent.iterdir()])
"""


@pytest.mark.parametrize("name", ["a.pt", "a.npz"])
def test_a_full_disk_is_told_as_one(tmp_path, name):
    """A file that may not grow fails as on a full disk; torch.save answers that in its own way."""
    (tmp_path / name).write_bytes(b"before")
    command = [sys.executable, "-c", FILLED, str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.stdout == f"True True ['{name}']\n", done.stderr
    assert (tmp_path / name).read_bytes() == b"before"
    assert {errno.ENOSPC, errno.EDQUOT} <= FULL
