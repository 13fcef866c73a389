"""The feed names every record, once, with how and where it was made; the citation agrees."""

import dataclasses
import gzip

import fabricated
import pytest
import yaml
from bs4 import BeautifulSoup
from toys import ROOT

from mislabel_utils.recording.records import Record, Store
from mislabel_utils.showing import record_tables

RECIPE = {"model": "small_cnn", "epochs": 5, "batch_size": 128, "learning_rate": 0.05,
          "augment": False}  # fmt: skip
CONFIG = {
    "recipe": RECIPE,
    "data": {"split": "clothes/train", "fingerprint": "0123456789abcdef"},
    "labels": {"kind": "shuffled", "of": {"kind": "mistakes"}},
}
MADE = {"seconds": 90.0, "device": "x86_64", "threads": 1, "torch": "2.14.1", "python": "3.11.7",
        "finished": "2026-11-22"}  # fmt: skip


def record(seed=0, arm="teacher", chapter="one", **made):
    config = CONFIG | {"seed": seed, "kind": [arm, chapter]}  # an identity of its own
    return Record(chapter, arm, seed, config, [{}] * 5, {}, {}, MADE | made)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    for seed in (2, 0, 1, 5):
        store.write(record(seed, seconds=60 + 60 * seed))
    store.write(record(0, "student", threads=2))
    store.write(record(0, "student", "two"))
    return store


def test_records_are_grouped_by_chapter_and_arm(store):
    found = record_tables.chapters(store)
    assert {c: [(a[0].arm, [r.seed for r in a]) for a in arms] for c, arms in found.items()} == {
        "one": [("student", [0]), ("teacher", [0, 1, 2, 5])],
        "two": [("student", [0])],
    }


def test_summary(store):
    student, teacher = record_tables.summary(record_tables.chapters(store)["one"]).rows
    assert teacher == [
        "teacher", "0–2, 5", "small_cnn, 5 epochs, batches of 128, rate 0.05",
        "clothes (01234567), labels: shuffled (mistakes)", "1.0–6.0", "x86_64, 1 thread",
        "2.14.1",
    ]  # fmt: skip
    assert student[5] == "x86_64, 2 threads"


def test_different_machines_are_all_named():
    records = [record(0), record(1, device="H100", threads=None), record(2)]
    assert record_tables.values(records, record_tables.machine) == "H100; x86_64, 1 thread"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epochs": 0}, "small_cnn, not trained"),
        ({"epochs": 1}, "small_cnn, 1 epoch, batches of 128, rate 0.05"),
        ({"augment": True}, "small_cnn, 5 epochs, batches of 128, rate 0.05, flipped and shifted"),
        (
            {"augment": True, "flip": False, "precision": "mixed"},
            "small_cnn, 5 epochs, batches of 128, rate 0.05, shifted, mixed precision",
        ),
        (
            {"optimizer": "adam", "schedule": "constant"},
            "small_cnn, 5 epochs, batches of 128, Adam, rate 0.05 throughout",
        ),
    ],
)
def test_recipe_in_words(changes, words):
    assert record_tables.recipe({"recipe": RECIPE | changes}) == words


def test_two_copies_of_the_data_are_two_rows_and_a_sentence_says_why(tmp_path):
    store = Store(tmp_path)
    store.write(fabricated.record(0))
    store.write(fabricated.record(1, data=("mnist", fabricated.OTHER)))
    (arms,) = record_tables.chapters(store).values()
    table = record_tables.summary(arms)
    assert [(row[1], row[3]) for row in table.rows] == [
        ("0", "MNIST, labels: true"),
        ("1", "mnist, another copy (1a2b3c4d), labels: true"),
    ]
    assert "its pixels differ" in table.note


def test_experiments_of_another_kind():
    config = {"experiment": "plane", "setting": {"width": 64}, "recipe": {"rate": 0.02}}
    assert record_tables.recipe(config) == "plane, width 64"
    assert record_tables.trained_on(config, {}) == "no data set"


def test_what_is_measured_of_a_run_names_its_arm():
    of = record(arm="teacher")
    measured = Record("one", "looked", 0, {"experiment": "looked", "run": of.id}, [], {}, {})
    stranger = Record("one", "other", 0, {"experiment": "other", "run": "0" * 64}, [], {}, {})
    rows = record_tables.summary([[of], [measured], [stranger]]).rows
    assert [row[3] for row in rows[1:]] == ["nothing: measures teacher", "nothing: measures a run"]


def test_labels_say_how_many_were_drawn():
    some = {"kind": "subset", "count": 1000, "of": {"kind": "mistakes"}, "seed": 0}
    assert record_tables.labels(some) == "subset of 1,000 (mistakes)"


def test_what_was_not_written_down_is_a_dash():
    bare = dataclasses.replace(record(), environment={})
    assert (
        record_tables.minutes([bare]),
        record_tables.machine(bare),
        record_tables.hours([bare]),
    ) == ("–", "–", 0)
    assert "–" in record_tables.Details([[bare]])._repr_html_()


def test_hours():
    assert record_tables.hours([record(seconds=1800.0), record(seconds=5400.0)]) == 2


def test_details_hold_every_record_and_its_configuration(store):
    arms = record_tables.chapters(store)["one"]
    soup = BeautifulSoup(record_tables.Details(arms)._repr_html_(), "html.parser")
    assert [s.text for s in soup.find_all("summary")] == ["student: 1 run", "teacher: 4 runs"]
    for records, part in zip(arms, soup.find_all("details"), strict=True):
        for one in records:
            (row,) = (r for r in part.find_all("tr") if one.id[:12] in r.text)
            assert "2026-11-22" in row.text
        assert "Python: 3.11.7" in part.find("p").text
        assert "0123456789abcdef" in part.find("pre").text


def test_details_tell_runs_apart_that_were_made_elsewhere():
    records = [record(0), record(1, device="H100", threads=None)]
    soup = BeautifulSoup(record_tables.Details([records])._repr_html_(), "html.parser")
    rows = [row.text for row in soup.find_all("tr")]
    assert "Machine" in rows[0] and "x86_64, 1 thread" in rows[1] and "H100" in rows[2]
    assert "Machine" not in soup.find("p").text and "PyTorch: 2.14.1" in soup.find("p").text


def test_the_records_of_the_book():
    """Every one is in the feed once, and the page stays light."""
    found = record_tables.chapters(Store(ROOT / "mislabel_utils" / "bundled" / "records"))
    ids = [one.id for arms in found.values() for arm in arms for one in arm]
    assert (
        len(set(ids))
        == len(ids)
        == len(list((ROOT / "mislabel_utils/bundled/records").glob("*/*.npz")))
    )
    html = "".join(record_tables.summary(a)._repr_html_() + record_tables.Details(a)._repr_html_()
                   for a in found.values())  # fmt: skip
    assert all(html.count(f">{identity[:12]}<") == 1 for identity in ids)
    assert len(gzip.compress(html.encode())) < 50_000  # as it is sent


def test_the_citation_on_the_page_is_that_of_the_file():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    page = (ROOT / "book" / "references.md").read_text(encoding="utf-8")
    assert f"title   = {{{citation['title']}}}" in page
    (author,) = citation["authors"]
    assert f"author  = {{{{{author['name']}}}}}" in page
    assert f"version = {{{citation['version']}}}" in page
    assert f"url     = {{{citation['repository-code']}}}" in page
    for licence in citation["license"]:
        assert licence.replace("CC-BY-4.0", "CC BY 4.0") in page
    (article,) = citation["references"]
    bibliography = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    assert "{cite:t}`wallace2019`" in page and article["doi"] in bibliography


def test_what_was_made_is_not_called_by_the_data_set_it_was_made_like():
    shown = CONFIG | {"images": {"kind": "uniform noise", "like": "clothes/train@clothes"}}
    assert record_tables.trained_on(shown, {}) == (
        "uniform noise images in place of clothes (01234567), labels: shuffled (mistakes)"
    )
