"""The store of finished runs: what is written comes back, what was damaged does not."""

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from toys import computed

from mislabel_utils import files
from mislabel_utils.recording.records import Record, RecordError, Store

pytestmark = pytest.mark.usefixtures("isolated")


def make_record(seed=0, arm="student", **changes):
    rng = np.random.default_rng(seed)
    record = Record(
        chapter="chapter",
        arm=arm,
        seed=seed,
        config={"seed": seed, "recipe": {"epochs": 2, "rate": 0.05}, "mean": (0.1, 1 / 3)},
        curve=[{"train_loss": 2 / 3, "test_accuracy": 0.1}, {"train_loss": 1e-9}],
        metrics={"mnist/test@mnist": 0.9104},
        arrays={
            "mnist/test@mnist": rng.integers(0, 10, 500, dtype=np.uint8),
            "confidence:mnist/train@mnist": rng.integers(0, 256, 900, dtype=np.uint8),
        },
        environment={"torch": "2", "seconds": 1.5},
        trained_on={"labels": "1" * 64},
        weights="2" * 64,
    )
    return dataclasses.replace(record, **changes)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def written(store):
    """The path of a record in the store."""
    return store.write(make_record())


# Round trip -------------------------------------------------------------------------------------


def test_what_is_written_comes_back(store, written):
    record = make_record()
    found = store.find(record.id)
    assert computed(found) == computed(record)
    for part in ("chapter", "arm", "seed", "environment", "trained_on", "weights"):
        assert getattr(found, part) == getattr(record, part)
    assert written == store.root / "chapter" / f"{record.stem}.npz"
    assert list(written.parent.iterdir()) == [written], "one file a record"
    assert written.stat().st_mode & 0o777 == 0o644, "others may read it"


def test_writing_again_changes_nothing(store, written):
    before = written.read_bytes()
    assert store.write(store.read(written)) == written
    assert written.read_bytes() == before


def test_what_is_recorded_already_stays_when_more_is_added(store, written):
    record, key = make_record(), "mnist/test@mnist"
    turned = {name: array[::-1] for name, array in record.arrays.items()}
    store.write(dataclasses.replace(record, metrics={key: 0.1, "more": 0.5}, arrays=turned))
    # Another network's, which others made of the same run in a chapter of theirs.
    other = dataclasses.replace(record, weights="3" * 64, metrics={"theirs": 0.5}, chapter="theirs")
    assert store.write(other) == written
    found = store.find(record.id)
    assert found.metrics == {key: 0.9104, "more": 0.5}
    assert np.array_equal(found.arrays[key], record.arrays[key])


def test_what_a_foreign_file_system_leaves_beside_a_record_is_no_record(store, written):
    """macOS keeps what such a system cannot in `._name`."""
    written.with_name(f"._{written.name}").write_bytes(b"\0\5\26\7")
    assert computed(store.find(make_record().id)) == computed(make_record())
    assert [record.seed for record in store] == [0]


def test_writers_at_the_same_time_lose_nothing_of_one_another(store):
    def write(each):
        return store.write(make_record(metrics={f"set {each}": 0.5}))

    with ThreadPoolExecutor(8) as pool:
        (path,) = set(pool.map(write, range(32)))
    assert len(store.read(path).metrics) == 32


# Damage -----------------------------------------------------------------------------------------


def rewrite(path, change):
    """Write the file again with another text or other arrays."""
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    stored = json.loads(str(arrays.pop("record")))
    change(stored, arrays)
    np.savez_compressed(path, record=np.array(json.dumps(stored)), **arrays)


DAMAGE = {
    "metric": lambda stored, arrays: stored["metrics"].update({"mnist/test@mnist": 0.99}),
    "digest": lambda stored, arrays: stored.pop("sha256"),
    "array": lambda stored, arrays: arrays["mnist/test@mnist"].__ixor__(1),
    "one more": lambda stored, arrays: arrays.update(more=np.zeros(1)),
    "end": lambda stored, arrays: None,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_records_are_refused_by_name(store, written, damage):
    rewrite(written, DAMAGE[damage])
    if damage == "end":
        written.write_bytes(written.read_bytes()[:-200])
    pattern = rf"{written.stem}\.npz .*restore it from version control, or delete it"
    with pytest.raises(RecordError, match=pattern):
        store.find(make_record().id)
    with pytest.raises(RecordError, match=pattern):
        list(store)


def test_a_record_under_the_name_of_another_is_noticed(store, written):
    other = make_record(1)
    written.rename(written.with_name(f"{other.stem}.npz"))
    with pytest.raises(RecordError, match=rf"{other.id[:12]}\.npz"):
        store.find(other.id)


# Half-written -----------------------------------------------------------------------------------


@pytest.mark.parametrize("replace", [False, True], ids=["new", "replaced"])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_error_while_a_record_is_written_loses_nothing(store, monkeypatch, step, replace):
    """At the sync and at the rename: the record that was there is found, or none."""
    old = make_record()
    new = old.extended({"more": 0.5}, {}, {})
    if replace:
        store.write(old)

    def failing(*arguments):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(files.os, step, failing)
        store.write(new)
    found = map(store.read, store.paths())
    assert [computed(record) for record in found] == [computed(old)] * replace
    store.write(new)
    assert computed(store.find(new.id)) == computed(new)
