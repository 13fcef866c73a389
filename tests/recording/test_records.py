"""The store of finished runs: what is written comes back, what was damaged does not."""

import dataclasses
import json
import os
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import environment

from mislabel_utils import files
from mislabel_utils.files import BUNDLED, atomic_write
from mislabel_utils.recording.records import Record, RecordError, Store, canonical, run_id

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
    )
    return dataclasses.replace(record, **changes)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def written(store):
    """The path of a record in the store."""
    return store.write(make_record())


# Identity ---------------------------------------------------------------------------------------

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def reordered(value, rng):
    """The same value, its keys in another order."""
    if isinstance(value, dict):
        items = [(key, reordered(inner, rng)) for key, inner in value.items()]
        rng.shuffle(items)
        return dict(items)
    return [reordered(inner, rng) for inner in value] if isinstance(value, list) else value


@given(st.dictionaries(st.text(), values), st.randoms())
def test_identity_does_not_depend_on_the_order_of_keys(config, rng):
    assert run_id(reordered(config, rng)) == run_id(config)


@given(values)
def test_canonical_text_says_it_all(value):
    assert json.loads(canonical(value)) == value


def test_identity_survives_json():
    config = make_record().config
    assert run_id(json.loads(json.dumps(config))) == run_id(config), "tuples become lists"


def test_different_configurations_have_different_identities():
    configs = [{}, {"a": 1}, {"a": "1"}, {"a": None}, {"a": {}}, {"b": 1}, {"a": 1, "b": 1}]
    configs += [{"a": 1.5}, {"a": [1]}, {"a": [1, 2]}, {"a": [2, 1]}]
    assert len({run_id(config) for config in configs}) == len(configs)
    assert all(len(run_id(config)) == 64 for config in configs)


def test_not_a_number_has_no_identity():
    with pytest.raises(ValueError, match="not JSON compliant"):
        run_id({"rate": float("nan")})


# Round trip -------------------------------------------------------------------------------------


def test_what_is_written_comes_back(store, written):
    record = make_record()
    found = store.find(record.id)
    assert found.result == record.result
    assert (found.chapter, found.arm, found.seed) == ("chapter", "student", 0)
    assert (found.curve, found.metrics) == (record.curve, record.metrics)
    assert found.environment == record.environment
    assert found.arrays.keys() == record.arrays.keys()
    for key, array in record.arrays.items():
        assert found.arrays[key].dtype == np.uint8
        assert np.array_equal(found.arrays[key], array)
    assert written == store.root / "chapter" / f"{record.stem}.json"


def test_writing_again_changes_nothing(store, written):
    before = written.read_bytes()
    assert store.write(store.read(written)) == written
    assert written.read_bytes() == before


def test_result_is_of_what_was_computed():
    record = make_record()
    same = dataclasses.replace(record, environment={"seconds": 99}, arm="other", chapter="x")
    assert same.result == record.result
    array = record.arrays["mnist/test@mnist"].copy()
    array[0] ^= 1
    for change in (
        {"curve": record.curve[:1]},
        {"metrics": {"mnist/test@mnist": 0.9105}},
        {"config": {**record.config, "seed": 1}},
        {"arrays": {**record.arrays, "mnist/test@mnist": array}},
        {"arrays": {"other": record.arrays["mnist/test@mnist"]}},
    ):
        assert dataclasses.replace(record, **change).result != record.result


def test_iteration_is_over_all_records(store):
    for seed in (3, 1, 2):
        store.write(make_record(seed))
    store.write(make_record(4, chapter="another"))
    assert [record.seed for record in store] == [4, 1, 2, 3]
    assert [record.chapter for record in store] == ["another"] + ["chapter"] * 3


def test_no_records(store):
    assert list(store) == []
    assert store.find(make_record().id) is None


def test_other_records_are_not_found(store, written):
    assert store.find(make_record(1).id) is None


def test_where_records_are(monkeypatch, tmp_path):
    monkeypatch.setenv("MISLABEL_RECORDS", str(tmp_path / "here"))
    assert Store().root == tmp_path / "here"
    assert Store(tmp_path).root == tmp_path
    monkeypatch.delenv("MISLABEL_RECORDS")
    assert Store().root == BUNDLED / "records"


# Damage -----------------------------------------------------------------------------------------


def edit(path, change):
    stored = json.loads(path.read_text())
    change(stored)
    path.write_text(json.dumps(stored))


def truncated_json(path):
    path.write_text(path.read_text()[:-20])


def empty_json(path):
    path.write_text("")


def json_of_something_else(path):
    path.write_text("[1, 2]")


def not_text(path):
    path.write_bytes(b"\xff\xfe" + path.read_bytes())


def truncated_arrays(path):
    arrays = path.with_suffix(".npz")
    arrays.write_bytes(arrays.read_bytes()[:-200])


def missing_arrays(path):
    path.with_suffix(".npz").unlink()


def edited_metric(path):
    edit(path, lambda stored: stored["metrics"].update({"mnist/test@mnist": 0.99}))


def metric_not_a_number(path):
    edit(path, lambda stored: stored["metrics"].update({"mnist/test@mnist": float("nan")}))


def edited_curve(path):
    edit(path, lambda stored: stored["curve"][0].update(test_accuracy=0.2))


def edited_recipe(path):
    edit(path, lambda stored: stored["config"]["recipe"].update(epochs=3))


def edited_seed(path):
    edit(path, lambda stored: stored.update(seed=1))


def edited_environment(path):
    edit(path, lambda stored: stored["environment"].update(torch="3"))


def added_field(path):
    edit(path, lambda stored: stored.update(note="better"))


def removed_digest(path):
    edit(path, lambda stored: stored.pop("sha256"))


def edited_array(path):
    with np.load(path.with_suffix(".npz")) as file:
        arrays = {key: file[key] for key in file.files}
    arrays["mnist/test@mnist"][7] ^= 1
    np.savez_compressed(path.with_suffix(".npz"), **arrays)


def edited_array_and_its_digest(path):
    edited_array(path)
    other = path.parent.parent / "other"
    record = make_record()
    with np.load(path.with_suffix(".npz")) as file:
        record.arrays["mnist/test@mnist"][:] = file["mnist/test@mnist"]
    made = json.loads(Store(other).write(record).read_text())
    shutil.rmtree(other)
    edit(path, lambda stored: stored.update(arrays=made["arrays"]))


def edited_digest_of_an_array(path):
    edit(path, lambda stored: stored["arrays"].update({"mnist/test@mnist": "0" * 64}))


def retyped_array(path):
    with np.load(path.with_suffix(".npz")) as file:
        arrays = {key: file[key].astype(np.int8) for key in file.files}
    np.savez_compressed(path.with_suffix(".npz"), **arrays)


def extra_array(path):
    with np.load(path.with_suffix(".npz")) as file:
        arrays = {key: file[key] for key in file.files}
    np.savez_compressed(path.with_suffix(".npz"), **arrays, more=np.zeros(1))


def arrays_of_another_run(path):
    other = Store(path.parent.parent).write(make_record(1))
    shutil.move(other.with_suffix(".npz"), path.with_suffix(".npz"))
    other.unlink()


DAMAGE = [
    truncated_json,
    empty_json,
    json_of_something_else,
    not_text,
    truncated_arrays,
    missing_arrays,
    edited_metric,
    metric_not_a_number,
    edited_curve,
    edited_recipe,
    edited_seed,
    edited_environment,
    added_field,
    removed_digest,
    edited_array,
    edited_array_and_its_digest,
    edited_digest_of_an_array,
    retyped_array,
    extra_array,
    arrays_of_another_run,
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_records_are_refused_by_name(store, written, damage):
    damage(written)
    pattern = rf"{written.stem}\.json .*restore it from version control, or delete it"
    with pytest.raises(RecordError, match=pattern):
        store.find(make_record().id)
    with pytest.raises(RecordError, match=pattern):
        list(store)


def swapped(store):
    """Two records that have taken each other's names."""
    one, two = store.write(make_record(0)), store.write(make_record(1))
    for suffix in (".json", ".npz"):
        first, second = one.with_suffix(suffix), two.with_suffix(suffix)
        middle = one.with_name("middle")
        first.rename(middle)
        second.rename(first)
        middle.rename(second)


def test_swapped_file_names_are_noticed_when_a_run_is_looked_up(store):
    swapped(store)
    for seed in (0, 1):
        identity = make_record(seed).id
        with pytest.raises(RecordError, match=rf"{identity[:12]}\.json"):
            store.find(identity)


def test_swapped_file_names_are_noticed_by_verify(store):
    swapped(store)
    with pytest.raises(RecordError, match=r"records another run than its name says"):
        list(store)


def test_record_in_the_folder_of_another_chapter(store, written):
    written.parent.rename(written.parent.with_name("other"))
    with pytest.raises(RecordError, match="other"):
        list(store)


def test_arrays_hold_no_objects(store, written, tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    trap = np.array([Trap()], dtype=object)
    np.savez_compressed(written.with_suffix(".npz"), **{"mnist/test@mnist": trap})
    with pytest.raises(RecordError, match="allow_pickle"):
        store.read(written)
    assert not (tmp_path / "sprung").exists()


def test_random_damage_is_noticed_or_harmless(store, written):
    """Bytes are flipped at random; what is read all the same is what was written."""
    rng = random.Random(0)
    refused = 0
    for path in (written, written.with_suffix(".npz")):
        good = path.read_bytes()
        for _ in range(60):
            content = bytearray(good)
            content[rng.randrange(len(good))] ^= 1 << rng.randrange(8)
            path.write_bytes(content)
            try:
                assert store.read(written).result == make_record().result
            except RecordError:
                refused += 1
        path.write_bytes(good)
    assert refused > 60
    assert store.read(written).result == make_record().result


# Half-written -----------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [None, b"old"], ids=["new", "replaced"])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, before):
    path = tmp_path / "sub" / "file.bin"
    if before:
        path.parent.mkdir()
        path.write_bytes(before)
    with pytest.raises(RuntimeError, match="disk"), atomic_write(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError("disk")
    assert list(path.parent.iterdir()) == ([path] if before else [])
    assert not before or path.read_bytes() == before


def test_a_write_is_complete_and_readable_by_all(tmp_path):
    path = tmp_path / "file.bin"
    with atomic_write(path) as temporary:
        assert temporary.parent == path.parent, "a rename across file systems is no rename"
        temporary.write_bytes(b"all of it")
        assert not path.exists()
    assert path.read_bytes() == b"all of it"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_an_error_while_a_record_is_written_leaves_no_half_record(store, monkeypatch, step):
    """Writing fails at each sync and each rename in turn: a whole record or none is found."""
    left = [step]

    def failing(function):
        def call(*arguments):
            left[0] -= 1
            if left[0] == 0:
                raise OSError("No space left on device")
            return function(*arguments)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", failing(os.fsync))
        patch.setattr(files.os, "replace", failing(os.replace))
        with pytest.raises(OSError, match="No space"):
            store.write(make_record())
    assert store.find(make_record().id) is None
    assert list(store) == []
    store.write(make_record())
    assert store.find(make_record().id).result == make_record().result


# Run in a process of its own, which dies at the given one of: sync, rename, sync, rename.
DEADLY = """
import os, signal, sys
import numpy as np
from mislabel_utils import files
from mislabel_utils.recording.records import Record, Store

left = [int(sys.argv[2])]

def deadly(function):
    def call(*arguments):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments)
    return call

files.os.fsync, files.os.replace = deadly(os.fsync), deadly(os.replace)
arrays = {"a": np.arange(9, dtype=np.uint8)}
Store(sys.argv[1]).write(Record("chapter", "arm", 0, {"a": 1}, [], {"a": 0.5}, arrays))
"""


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_a_kill_while_a_record_is_written_leaves_no_half_record(store, step):
    """The same with a process that dies on the spot and cleans nothing up."""
    command = [sys.executable, "-c", DEADLY, str(store.root), str(step)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    left = [path for path in store.root.rglob("*") if path.name.startswith(".")]
    assert left, "the kill came too late to leave a temporary file"
    assert store.find(run_id({"a": 1})) is None
    assert list(store) == []
    command[-1] = "-1"  # never
    subprocess.run(command, env=environment(), check=True)
    assert store.find(run_id({"a": 1})).metrics == {"a": 0.5}
    assert len(list(store)) == 1


def test_arrays_without_their_json_are_no_record(store, written):
    written.unlink()
    assert store.find(make_record().id) is None
    assert list(store) == []
