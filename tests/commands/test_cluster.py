"""`reproduce --cluster`: two workers with caches of their own make the records of one process."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from toys import ROOT, computed, environment, write_idx, write_study

from mislabel_utils.commands import cluster
from mislabel_utils.commands.cluster import ClusterError
from mislabel_utils.commands.reproduce import run_seed
from mislabel_utils.recording.records import Record, Store

pytestmark = pytest.mark.usefixtures("isolated")

STUDY = """
from mislabel_utils.learning import training_sets
from mislabel_utils.learning.recipes import Recipe

SEEDS = range(4)
recipe = Recipe("small_cnn", epochs=3, batch_size=8)


def load(lab):
    return lab.load("mnist"), lab.load("fashion_mnist")


def experiment(lab, seed):
    digits, clothes = load(lab)
    teacher = lab.train(digits.train, recipe, seed=seed, arm="teacher", test=digits.test,
                        also=[clothes.train])
    labels = training_sets.predictions(teacher, clothes.train)
    lab.train(labels, recipe, seed=1000 + seed, arm="student", test=digits.test)
"""
WAITS = """
import os, pathlib, time
SEEDS = range(1)


def load(lab):
    pass


def experiment(lab, seed):
    (pathlib.Path(os.environ["MISLABEL_RECORDS"]) / "begun").touch()
    time.sleep(300)
"""


def with_studies(folder, **changes):
    return environment(PYTHONPATH=os.pathsep.join([str(folder), str(ROOT)]), **changes)


@contextmanager
def cluster_at(home, workers):
    """A scheduler and workers, as they would be started on several machines."""
    file = home / "scheduler.json"
    write_study(home, "tiny", STUDY)
    write_study(home, "waits", WAITS)

    def start(role, *arguments, **variables):
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", "--no-dashboard"]
        return subprocess.Popen(
            [*command, "--scheduler-file", str(file), *map(str, arguments)],
            cwd=home,
            env=with_studies(home, MISLABEL_RECORDS="", MISLABEL_DATA="", **variables),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    processes = [start("scheduler", "--host", "127.0.0.1", "--port", 0)]
    caches = [home / f"cache-{number}" for number in range(workers)]
    for cache in caches:
        folder = ["--local-directory", cache / "dask"]
        processes.append(start("worker", "--nthreads", 1, *folder, MISLABEL_CACHE=str(cache)))
    try:
        while not file.is_file() or not file.read_text().endswith("}"):
            assert processes[0].poll() is None, "the scheduler did not start"
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        from dask.distributed import Client

        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=120)
        yield SimpleNamespace(address=address, caches=caches, scheduler=processes[0])
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait(60)


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    with cluster_at(tmp_path_factory.mktemp("cluster"), 2) as found:
        yield found


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Arguments that reproduce a small chapter."""
    write_idx(tmp_path / "data")
    write_idx(tmp_path / "data", "FashionMNIST", seed=1)
    write_study(tmp_path, "tiny", STUDY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("MISLABEL_DATA", str(tmp_path / "data"))
    return ["reproduce", "tiny"]


def weights(cache):
    return {path.stem.partition("-")[0] for path in cache.glob("weights/*.pt")}


def test_two_workers_make_the_records_of_one_process(
    command_line, tiny, workers, tmp_path, monkeypatch
):
    before = [weights(cache) for cache in workers.caches]
    monkeypatch.setenv("MISLABEL_RECORDS", str(tmp_path / "shared"))
    done = command_line(*tiny, "--cluster", workers.address)
    assert done.status == 0, done.said
    made = list(Store(tmp_path / "shared"))
    assert len(made) == 8
    trained = [weights(c) - b for c, b in zip(workers.caches, before, strict=True)]
    assert all(trained), "one of the workers had nothing to do"
    assert set.union(*trained) == {record.id for record in made}
    # nothing but the records, and the lock, lies in the shared folder
    assert {p.name for p in (tmp_path / "shared").iterdir()} == {"tiny", ".lock"}

    monkeypatch.setenv("MISLABEL_RECORDS", str(tmp_path / "alone"))
    assert command_line(*tiny).status == 0
    alone = list(Store(tmp_path / "alone"))
    assert [(r.stem, computed(r)) for r in made] == [(r.stem, computed(r)) for r in alone]


def test_errors_of_a_worker_are_one_sentence(command_line, tiny, workers, tmp_path, monkeypatch):
    monkeypatch.setenv("MISLABEL_DATA", str(tmp_path))
    done = command_line(*tiny, "--cluster", workers.address)
    assert done.status == 1
    assert "mnist under" in done.said and "MISLABEL_DATA" in done.said
    assert "\n" not in done.said
    assert Store().paths() == []


def test_records_that_are_not_shared(tmp_path):
    witness = tmp_path / "elsewhere" / ".witness-1"
    with pytest.raises(ClusterError, match=r"does not see .*elsewhere: set MISLABEL_RECORDS"):
        run_seed(0, "tiny", "", None, True, {}, None, witness)


def test_a_cluster_that_was_left_is_not_missed(monkeypatch):
    """Asked about while it is closed, it has no answer; the command is at its verdict."""
    done, ended = threading.Event(), []

    def closed(*asked, **how):
        done.set()
        raise OSError("closed")

    monkeypatch.setattr(cluster, "SILENCE", 0)
    monkeypatch.setattr(cluster.os, "_exit", lambda status: ended.append(status) or sys.exit())
    client = SimpleNamespace(sync=closed, scheduler=SimpleNamespace(identity=None))
    cluster._watch(client, "here", Path(), done)
    assert not ended


def test_without_dask(command_line, tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    done = command_line(*tiny, "--cluster", "tcp://127.0.0.1:1")
    assert done.status == 1
    assert 'pip install "mislabel-utils[cluster]"' in done.said


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "no address"])
def test_nobody_answers(command_line, tiny, address):
    done = command_line(*tiny, "--cluster", address)
    assert done.status == 1
    assert f"answers at {address} " in done.said and "dask scheduler" in done.said


def test_jobs_or_cluster(command_line, tiny):
    done = command_line(*tiny, "--jobs", "2", "--cluster", "tcp://127.0.0.1:1")
    assert done.status == 2 and "not allowed with" in done.err


def test_a_scheduler_that_hangs_is_told(tmp_path):
    """joblib waits for ever. One that is gone does not answer either."""
    code = (
        "from mislabel_utils import __main__; from mislabel_utils.commands import cluster; "
        "cluster.SILENCE = 3; __main__.main()"
    )
    with cluster_at(tmp_path, 1) as found:
        line = [sys.executable, "-c", code, "reproduce", "waits", "--cluster", found.address]
        process = subprocess.Popen(
            line, env=with_studies(tmp_path), text=True, stderr=subprocess.PIPE
        )
        begun = Store().root / "begun"
        while not begun.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        found.scheduler.send_signal(signal.SIGSTOP)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"scheduler at {found.address} has not answered for 3 seconds" in said
    assert "Traceback" not in said
    assert not list(Store().root.glob(".witness-*"))


# Several writers --------------------------------------------------------------------------------


def record(result, **changes):
    """One run, with the result of this machine or another's."""
    arrays = {"a": np.full(20_000, result, np.uint8)}
    made = Record("chapter", "arm", 0, {"a": 1}, [], {"a": result / 100}, arrays)
    return dataclasses.replace(made, **changes)


def test_of_two_results_of_one_run_the_first_stays(tmp_path):
    store = Store(tmp_path)
    path = store.write(record(1))
    assert store.write(record(2)) == path
    assert store.read(path).metrics == {"a": 0.01}
    # also where another chapter made it under another name
    assert store.write(record(3, chapter="other", arm="same")) == path
    assert [r.metrics["a"] for r in store] == [0.01]


def test_writers_at_the_same_time(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        for attempt in range(20):
            store = Store(tmp_path / str(attempt))
            written = list(pool.map(lambda n, s=store: s.write(record(n)), range(8)))
            (kept,) = store  # one, and it can be read
            assert set(written) == {tmp_path / str(attempt) / "chapter" / f"{kept.stem}.npz"}
