"""`reproduce --cluster`: two workers with caches of their own make the records of one process."""

from types import SimpleNamespace

import pytest
from toys import computed, write_idx, write_study

from mislabel_utils.commands.reproduce import CommandError, run_seed
from mislabel_utils.recording.records import Store

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


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """A scheduler and two workers, with a cache that is not the command's."""
    from dask.distributed import LocalCluster

    cache = tmp_path_factory.mktemp("cache")
    variables = {"MISLABEL_CACHE": str(cache), "MISLABEL_RECORDS": "", "MISLABEL_DATA": ""}
    size = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**size, env=variables | {"OMP_NUM_THREADS": "1"}) as started:
        yield SimpleNamespace(address=started.scheduler_address, cache=cache)


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Arguments that reproduce a small chapter."""
    write_idx(tmp_path / "data")
    write_idx(tmp_path / "data", "FashionMNIST", seed=1)
    write_study(tmp_path, "tiny", STUDY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("MISLABEL_DATA", str(tmp_path / "data"))
    return ["reproduce", "tiny"]


def test_two_workers_make_the_records_of_one_process(
    command_line, tiny, workers, tmp_path, monkeypatch
):
    monkeypatch.setenv("MISLABEL_RECORDS", str(tmp_path / "shared"))
    done = command_line(*tiny, "--cluster", workers.address)
    assert done.status == 0, done.said
    made = list(Store(tmp_path / "shared"))
    assert len(made) == 8
    trained = {path.stem.partition("-")[0] for path in workers.cache.glob("weights/*.pt")}
    assert trained == {record.id for record in made}, "the workers have trained them"
    # nothing but the records, and the lock, lies in the shared folder
    assert {p.name for p in (tmp_path / "shared").iterdir()} == {"tiny", ".lock"}

    monkeypatch.setenv("MISLABEL_RECORDS", str(tmp_path / "alone"))
    assert command_line(*tiny).status == 0
    alone = list(Store(tmp_path / "alone"))
    assert [(r.stem, computed(r)) for r in made] == [(r.stem, computed(r)) for r in alone]


def test_records_that_are_not_shared(tmp_path):
    witness = tmp_path / "elsewhere" / ".witness-1"
    with pytest.raises(CommandError, match=r"does not see .*elsewhere: set MISLABEL_RECORDS"):
        run_seed(0, "tiny", "", None, True, {}, witness)
