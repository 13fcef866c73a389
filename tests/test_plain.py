"""Every notebook reads as a notebook: plain Markdown, with its numbers in it."""

import nbformat
import pytest
from execute import BOOK, chapters, check, execute, main, name_of
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from plain import MARK, faults, fill, headings, markdown, name_folds, slug

README = (BOOK.parent / "README.md").read_text("utf-8")


@pytest.mark.parametrize("path", chapters(), ids=name_of)
def test_a_notebook_is_readable_as_a_notebook(path):
    found = faults(path)
    assert not found, "\n".join(found)


def stored(path, *cells):
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


COMPUTES = "from mislabel_utils.report import prose\nprose.numbers(student='56 %')"


def test_executing_writes_the_numbers_and_checking_compares_them(tmp_path):
    says = new_markdown_cell("It reads <!--=student-->1 %<!--/-->, **<!--=student--><!--/-->**.")
    page = stored(tmp_path / "page.ipynb", says, new_code_cell(COMPUTES))
    assert "+student = 56\N{NO-BREAK SPACE}%" in check(page)
    done = execute(page)
    assert done.cells[0].source.count("<!--=student-->56\N{NO-BREAK SPACE}%<!--/-->") == 2
    assert len(done.cells) == 2 and not done.cells[1].outputs
    nbformat.write(done, page)
    assert check(page) == ""


def test_two_cells_do_not_give_one_name_two_texts(tmp_path):
    says = new_markdown_cell("It reads <!--=student-->1 %<!--/-->.")
    other = new_code_cell("prose.numbers(student='57 %')")
    page = stored(tmp_path / "page.ipynb", says, new_code_cell(COMPUTES), other)
    with pytest.raises(ValueError, match="student: one name, and two cells"):
        execute(page)


def test_what_a_user_starts_python_with_is_not_on_the_page(tmp_path, monkeypatch):
    (tmp_path / "start.py").write_text("print('hello')\nmine = 1")
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "start.py"))
    cell = new_code_cell("print('mine' in globals())")
    (shown,) = execute(stored(tmp_path / "page.ipynb", cell)).cells[0].outputs
    assert shown.text == "False\n"


@pytest.mark.parametrize("name", ["nowhere.ipynb", "../README.md"])
def test_a_page_that_is_none_is_told(name, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["execute.py", str(BOOK / name)])
    with pytest.raises(SystemExit):
        main()
    assert "there is no page" in capsys.readouterr().err


@pytest.mark.parametrize(
    "source, values, fault",
    [
        ("It reads <!--=studnet-->5<!--/-->.", {}, "studnet: marked, and not computed"),
        ("It reads.", {"student": "5"}, "student: computed, and not in the prose"),
        ("It reads\n<!--=student-->5<!--/-->.", {"student": "5"}, "student begins a line"),
        ("- <!--=student-->5<!--/-->.", {"student": "5"}, "student begins a line"),
        ("1. <!--=student-->5<!--/-->.", {"student": "5"}, "student begins a line"),
        ("> <!--=student-->5<!--/-->.", {"student": "5"}, "student begins a line"),
        ("It reads.", {"table.own.student": "5"}, "table: computed, and not in the prose"),
        ("Reads <!-- =student -->5<!--/-->.", {}, "<!-- =student --> is no mark"),
        ("Reads <!--=a-->5\n%<!--/-->, <!--=a-->5<!--/-->.", {"a": "5"}, "<!--=a--> is no mark"),
        ("Reads <!--=a-->5, <!--=a-->5<!--/-->.", {"a": "5"}, "<!--=a--> is no mark"),
        ("Reads 5<!--/-->, <!--=a-->5<!--/-->.", {"a": "5"}, "<!--/--> is no mark"),
    ],
)
def test_marks_and_values_agree(source, values, fault):
    with pytest.raises(ValueError, match=fault):
        fill(new_notebook(cells=[new_markdown_cell(source)]), values)


@pytest.mark.parametrize(
    "source, fault",
    [
        ("As {cite:t}`wallace2019` says.", "a role"),
        ("It reads {glue:text}`student`.", "a role"),
        ("```{note}\nText.\n```", "a directive"),
        (":::{note}\nText.\n:::", "a directive"),
        ("(here)=\n## Here", "a target"),
        ("% a comment", "a comment of MyST"),
        ("Said.[^1]", "a footnote"),
        ("Reads\n\n<!--=a-->5<!--/--> of them.", "raw HTML"),
        ("- <!--=a-->5<!--/--> of them.", "raw HTML"),
        ("<details>\n<summary>Solution</summary>\nIt *does*.\n</details>", "raw HTML"),
        ("<details>\n<summary>Solution</summary>\n\nIt *does*.", "a fold that is not closed"),
        ("[There](missing.ipynb)", "no such file"),
        ("[There](other.ipynb#missing)", "no such heading: other.ipynb#missing"),
        ("[There](#missing)", "no such heading"),
    ],
)
def test_what_a_plain_reader_stumbles_over(tmp_path, source, fault):
    stored(tmp_path / "other.ipynb", new_markdown_cell("## Whose digits?"))
    (found,) = faults(stored(tmp_path / "page.ipynb", new_markdown_cell(source)))
    assert f"cell 0: {fault}" in found


def test_what_a_plain_reader_reads(tmp_path):
    stored(tmp_path / "other.ipynb", new_markdown_cell("## Whose digits?"))
    plain = """## Here

It reads <!--=a-->5 %<!--/--> ([whose digits](other.ipynb#whose-digits), [here](#here),
[Wallace 2019](https://doi.org/10.23915/distill.00019.6)): {a set} of `{code}`.

| a | b |
|---|---|
| said | <!--=a-->5 %<!--/--> |

<details>
<summary>Solution</summary>

It *does*.

</details>"""
    assert faults(stored(tmp_path / "page.ipynb", new_markdown_cell(plain))) == []


def figure(alt="", kind="image/png"):
    metadata = {"image/png": {"alt": alt}} if alt else {}
    return new_code_cell(
        "draw()", outputs=[new_output("display_data", {kind: "…"}, metadata=metadata)]
    )


CAPTION = new_markdown_cell("<small>Students read. 10 runs.</small>")


@pytest.mark.parametrize(
    "cells, fault",
    [
        ([figure(), CAPTION], "a figure without its text"),
        ([figure(kind="image/svg+xml"), CAPTION], "a figure without its text"),
        ([figure("Ten dots in a row")], "no caption"),
        ([figure("Ten dots in a row"), new_markdown_cell("And so on.")], "no caption"),
        ([new_code_cell("draw()", metadata={"tags": ["hide-input"]})], "folded, and"),
    ],
)
def test_figures_and_folds_have_words(tmp_path, cells, fault):
    (found,) = faults(stored(tmp_path / "page.ipynb", *cells))
    assert fault in found
    assert faults(stored(tmp_path / "page.ipynb", figure("Ten dots in a row"), CAPTION)) == []


def test_a_fold_has_one_name_everywhere():
    cell = new_code_cell("# @title The recipe\nx = 1", metadata={"tags": ["hide-input"]})
    name_folds(new_notebook(cells=[cell]))
    assert cell.metadata["jupyter"]["source_hidden"] and cell.metadata["cellView"] == "form"
    assert cell.metadata["mystnb"]["code_prompt_show"] == "The recipe"


def test_anchors_are_those_of_the_site(tmp_path):
    from myst_parser.mdit_to_docutils.base import default_slugify

    names = ("Whose digits?", "What `f` says, and why", "A shoe is a 2")
    page = stored(tmp_path / "page.ipynb", *(new_markdown_cell(f"## {name}") for name in names))
    assert headings(page) == {default_slugify(name.replace("`", "")) for name in names}
    assert slug("Whose digits?") == "whose-digits"


def test_the_readme_opens_with_the_number_of_the_first_page():
    first = markdown(nbformat.read(BOOK / "intro.ipynb", as_version=4))[0].source
    ((_, number),) = MARK.findall(first)
    assert f"reads {number}".replace("\N{NO-BREAK SPACE}", " ") in README
