"""Numbers for the prose are texts with a name."""

import pandas as pd
import pytest

from mislabel_utils.report import prose


@pytest.fixture(autouse=True)
def _afresh(monkeypatch):
    monkeypatch.setattr(prose, "registered", {})
    monkeypatch.setattr(prose, "changed", set())


def test_numbers_are_kept_under_their_names_and_nothing_is_shown(capsys):
    prose.numbers(student="56 %")
    prose.numbers(teacher="70 %", student="57 %")  # a cell that a reader runs again
    assert prose.registered == {"student": "57 %", "teacher": "70 %"}
    assert capsys.readouterr().out == ""


def test_texts_of_a_table_are_called_after_its_columns_and_rows():
    table = pd.DataFrame({"own": ["56 %", "–"]}, index=["student", "once more"])
    prose.numbers(errors=table, mean=table["own"], by={"seed": {3: "5", ("all", 2): "6"}})
    assert prose.registered == {
        "errors.own.student": "56 %", "errors.own.once more": "–",
        "mean.student": "56 %", "mean.once more": "–", "by.seed.3": "5",
        "by.seed.all 2": "6",
    }  # fmt: skip


def test_a_bare_number_is_refused():
    with pytest.raises(TypeError, match=r"student is 0\.56: give a text"):
        prose.numbers(student=0.56)


@pytest.mark.parametrize("text", ["5\n6", "5<!--/-->6"])
def test_what_does_not_fit_between_its_marks_is_refused(text):
    """It could not be found again, to be filled with another."""
    with pytest.raises(ValueError, match="a line without comments"):
        prose.numbers(student=text)
