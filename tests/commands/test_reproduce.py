"""`python -m mislabel_utils reproduce | list | verify`, on a chapter of two small cells."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from toys import ROOT, computed, environment, write_idx, write_study

from mislabel_utils.commands import reproduce
from mislabel_utils.recording.records import Store

pytestmark = pytest.mark.usefixtures("isolated")

BATCH, EPOCHS = 8, 20
STUDY = f"""
from mislabel_utils.learning import training_sets
from mislabel_utils.learning.recipes import Recipe

SEEDS = range(2)


def load(lab):
    return lab.load("mnist"), lab.load("fashion_mnist")


def experiment(lab, seed):
    digits, clothes = load(lab)
    teacher = lab.train(digits.train, Recipe("small_cnn", epochs=2, batch_size={BATCH}),
                        seed=seed, arm="teacher", test=digits.test, also=[clothes.train])
    wrong = training_sets.mistakes(teacher, clothes.train)
    return lab.train(wrong, Recipe("small_cnn", epochs={EPOCHS}, batch_size={BATCH}),
                     seed=seed, arm="student", test=digits.test)
"""
NO_DATA = "SEEDS = range(2)\ndef load(lab): pass\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A data root and studies."""
    root = tmp_path_factory.mktemp("place")
    write_idx(root / "data")
    clothes = write_idx(root / "data", "FashionMNIST", seed=1, shift=1)
    write_study(root, "tiny", STUDY)
    write_study(root, "prose", NO_DATA)
    fast = STUDY.replace(f"epochs=2, batch_size={BATCH}", "epochs=2, learning_rate=1e12")
    write_study(root, "wild", fast)
    return SimpleNamespace(data=root / "data", studies=root, clothes=clothes)


@pytest.fixture
def call(place, monkeypatch, command_line):
    """Run the command in this process, on the data and the studies of the place."""
    monkeypatch.syspath_prepend(place.studies)
    for name in ("tiny", "prose", "wild"):
        sys.modules.pop(name, None)
    monkeypatch.setenv("MISLABEL_DATA", str(place.data))
    return command_line


# In one process ---------------------------------------------------------------------------------


def test_reproduce_list_and_verify(place, call, trained):
    nothing = call("verify")
    assert nothing.status == 1 and "There is no record in" in nothing.said
    done = call("reproduce", "tiny", "--seeds", "0")
    assert done.status == 0
    assert trained == ["teacher seed 0", "student seed 0"]
    # the default is the chapter's own seeds; what is there is not trained again
    assert call("reproduce", "tiny").status == 0
    assert trained[2:] == ["teacher seed 1", "student seed 1"]

    records = list(Store())
    assert [(r.chapter, r.arm, r.seed) for r in records] == [
        ("tiny", arm, seed) for arm in ("student", "teacher") for seed in (0, 1)
    ]
    head, *lines = call("list").out.splitlines()
    assert "minutes" in head and len(lines) == 4
    for line, record in zip(lines, records, strict=True):
        assert line.startswith(f"tiny/{record.stem} ")
        assert f"mnist/test@mnist {record.metrics['mnist/test@mnist']:.4f}" in line
    assert call("verify").out.startswith(f"4 records in {Store().root} are intact")

    path = Store().root / "tiny" / f"{records[0].stem}.npz"
    path.write_bytes(path.read_bytes()[:-9])
    for name in ("list", "verify", "reproduce tiny"):
        refused = call(*name.split())
        assert refused.status == 1
        assert f"{records[0].stem}.npz cannot be read" in refused.said
        assert "restore it from version control" in refused.said
    assert len(trained) == 4


@pytest.mark.parametrize(
    ("chapter", "variables", "message"),
    [
        ("tyni", {}, "No chapter 'tyni' with .*: name one of .*, mnist_to_fashion"),
        ("tiny", {"MISLABEL_DATA": "nowhere"}, "mnist under .*nowhere is not there"),
        ("wild", {}, "^teacher seed 0: the loss is no longer finite .*Lower"),
    ],
)
def test_errors_are_one_sentence(call, monkeypatch, chapter, variables, message):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    done = call("reproduce", chapter)
    assert done.status == 1
    assert re.search(message, done.said), done.said
    assert "\n" not in done.said


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("7,0-1", [7, 0, 1]), ("2,0-2", [2, 0, 1]), ("3-1", None), ("0,1000", None)],
)
def test_seeds(call, text, seeds):
    if seeds:
        assert reproduce.parse_seeds(text) == seeds
    else:
        done = call("reproduce", "tiny", "--seeds", text)
        assert done.status == 2 and f"'{text}' lists no seeds" in done.err


def test_a_worker_finds_the_readers_study_wherever_it_works(tmp_path):
    write_study(tmp_path, "elsewhere", NO_DATA + "def experiment(lab, seed): print(lab, seed)\n")
    job = (str(tmp_path), None, True, {}, None)
    assert reproduce.run_seed(3, "elsewhere", *job) == (3, None)
    assert str(tmp_path) not in sys.path


# In processes of their own ----------------------------------------------------------------------

# The command itself, with checkpoints in other intervals, and a count of the steps at the end.
COUNTED = """
import sys
from mislabel_utils import __main__
from mislabel_utils.learning import training

steps, schedule = [], training.learning_rate
training.learning_rate = lambda *a: steps.append(a) or schedule(*a)
training.CHECKPOINT_SECONDS = float(sys.argv.pop(1))
__main__.main()
print("steps:", len(steps))
"""


def start(place, home, *command_line):
    """A process with a cache and records below `home`, and studies there."""
    return subprocess.Popen(
        [sys.executable, *map(str, command_line)],
        cwd=ROOT,
        env=environment(
            OMP_NUM_THREADS="1",
            PYTHONPATH=os.pathsep.join(map(str, (home, place.studies, ROOT))),
            MISLABEL_DATA=str(place.data),
            MISLABEL_CACHE=str(home / "cache"),
            MISLABEL_RECORDS=str(home / "records"),
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process, status=0):
    out, err = process.communicate(timeout=300)
    assert process.returncode == status and "Traceback" not in err, err
    return out, err


@pytest.fixture(scope="module")
def uninterrupted(place, tmp_path_factory):
    """Where two processes made the same runs at the same time, and what they said."""
    home = tmp_path_factory.mktemp("uninterrupted")
    line = ["-m", "mislabel_utils", "reproduce", "tiny", "--seeds", "0"]
    pair = [start(place, home, *line) for _ in range(2)]
    return SimpleNamespace(home=home, said=[finished(process)[1] for process in pair])


def test_two_that_want_the_same_runs_make_one_record(uninterrupted):
    for arm in ("teacher", "student"):
        bars = sum(f"{arm} seed 0: " in said for said in uninterrupted.said)
        assert bars == 1, f"{arm} was trained by {bars} processes"
    found = [record.arm for record in Store(uninterrupted.home / "records")]
    assert found == ["student", "teacher"]
    assert len(list((uninterrupted.home / "records" / "tiny").iterdir())) == 2
    assert list((uninterrupted.home / "cache").rglob("checkpoints/*.pt")) == []


def test_killed_and_run_again_is_bit_identical(place, uninterrupted, tmp_path):
    store = Store(tmp_path / "records")
    line = ["reproduce", "tiny", "--seeds", "0"]
    process = start(place, tmp_path, "-c", COUNTED, "-1", *line)
    checkpoint = None
    while checkpoint is None:
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
        recorded = [path.stem for path in store.root.glob("tiny/[!.]*.npz")]
        for path in tmp_path.glob("cache/checkpoints/[!.]*.pt"):
            if any(stem.startswith("teacher") for stem in recorded) and not any(
                stem.endswith(path.stem[:12]) for stem in recorded
            ):
                checkpoint = path  # the student's first
    process.kill()  # SIGKILL
    process.communicate()
    assert [record.arm for record in store] == ["teacher"]

    state = torch.load(checkpoint, weights_only=True)["state"]
    (teacher,) = store
    guesses = teacher.arrays["fashion_mnist/train@fashion_mnist"]
    batches = int(np.sum(guesses != place.clothes["train_labels"])) // BATCH
    done = state["epoch"] * batches + state["batch"]
    assert 0 < done < EPOCHS * batches

    out, err = finished(start(place, tmp_path, "-c", COUNTED, "1000", *line))
    assert f"steps: {EPOCHS * batches - done}\n" in out, "it did not go on where it was killed"
    assert "teacher seed 0: " not in err, "the teacher was trained again"
    assert [computed(record) for record in store] == [
        computed(record) for record in Store(uninterrupted.home / "records")
    ]
    assert not checkpoint.exists()


def test_several_jobs_and_their_errors(place, uninterrupted, tmp_path):
    """Workers: what was recorded is found, what fails in one is told in a sentence."""
    shutil.copytree(uninterrupted.home / "records", tmp_path / "records")
    (path,) = (tmp_path / "records").glob("*/student*.npz")
    path.write_bytes(b"")
    process = start(place, tmp_path, "-m", "mislabel_utils", "reproduce", "tiny", "--jobs", "2")
    _, err = finished(process, 1)
    # joblib may add a warning of the workers that it stops
    (said,) = (line for line in err.splitlines() if line.startswith("The record "))
    assert f"{path.stem}.npz cannot be read" in said
    assert "restore it from version control" in said
    assert "teacher seed 1: " not in err, "bars of several jobs would overwrite each other"


# Through make -----------------------------------------------------------------------------------

TEXTS = ("a b", "it's", 'a "b"', "$HOME", "$(shell date)", "`date`", "#1", "")


@pytest.mark.parametrize(
    ("given", "options"),
    [
        *(([f"DATA={text}"], [f"--data={text}"]) for text in TEXTS),
        (["SEEDS=0-9", "JOBS=2", "NO_FLIPS=0"], ["--seeds=0-9", "--jobs=2"]),
        (["CLUSTER=tls://host:1", "NO_FLIPS=1"], ["--cluster=tls://host:1", "--no-flips"]),
    ],
)
def test_make_passes_on_what_it_is_given(tmp_path, given, options):
    show = tmp_path / "show"
    show.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    show.chmod(0o755)
    command = ["make", "-s", "-o", ".venv/.ready", f"PY={show}", "reproduce", "CHAPTER=c", *given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert json.loads(done.stdout) == ["-m", "mislabel_utils", "reproduce", "c", *options]
