"""Every notebook reads as a notebook: plain Markdown, with its numbers in it."""

import re

import nbformat
import pytest
from execute import BOOK, WIDGET_STATE, chapters, check, execute, name_of
from jupyter_client.provisioning.local_provisioner import LocalPortCache
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from plain import CAPTION, MARK, TITLE, fill, folded, markdown, tokens
from set_url import ROOT

each_page = pytest.mark.parametrize("path", chapters(), ids=name_of)
PICTURES = {"image/svg+xml", "image/png", "image/jpeg"}
FOLD = re.compile(r"<details>\s*(<summary>[^\n]*</summary>)?|<summary>[^\n]*</summary>|</details>")
# A target, a directive, a comment, a break of blocks, a substitution, a footnote.
ONLY_SPHINX = re.compile(r"^(\([\w:-]+\)=|:{3,}\s*\{|%\s|\+\+\+)|\{\{|\[\^[\w-]+\]")


def foreign(source: str) -> list[str]:
    """What only Sphinx understands, and raw HTML that is no fold with blank lines around it."""
    found, before = [], ""
    for token in tokens(source):
        text, kind = token.content, token.type
        role = kind == "code_inline" and re.search(r"\{[\w:.-]+\}$", before)
        directive = kind == "fence" and token.info.startswith("{")
        html = kind == "html_block" and not FOLD.fullmatch(text.strip())
        if role or directive or html or (kind == "text" and ONLY_SPHINX.search(text)):
            found.append(f"{before}{token.info}{text}")
        before = text if kind == "text" else ""
    return found + ["a fold is open"] * (source.count("<details>") != source.count("</details>"))


@each_page
def test_a_notebook_is_readable_as_a_notebook(path):
    """Sphinx itself finds links that lead nowhere, when it builds the site."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        if cell.cell_type == "markdown":
            assert not foreign(cell.source)
            continue
        assert len(cell.source.splitlines()) <= 20
        if folded(cell):  # under one name in Colab, in JupyterLab and on the page
            title = cell.source.partition("\n")[0]
            assert cell.metadata.jupyter.source_hidden and cell.metadata.cellView == "form"
            assert title == TITLE + cell.metadata.mystnb.code_prompt_show
        captioned = following and following.source.startswith(CAPTION)
        for output in cell.outputs:
            assert output.get("name") != "stderr", output.text
            shown, said = output.get("data", {}), str(output.get("metadata"))
            if not PICTURES.isdisjoint(shown):
                alt = re.search(r"'alt': ['\"](.*?)['\"]", said)
                assert alt and len(alt[1].split()) >= 4, f"a figure without alt text: {said}"
            if "<table" in shown.get("text/html", "") or not PICTURES.isdisjoint(shown):
                assert captioned, f"no caption below the cell:\n{cell.source}"


@each_page
def test_stored_outputs_are_current(path):
    report = check(path)
    assert not report, f"run `make outputs CHAPTER={name_of(path)}`\n{report}"


def stored(path, *sources):
    says = new_markdown_cell("It reads <!--=student-->1 %<!--/-->, **<!--=student--><!--/-->**.")
    nbformat.write(new_notebook(cells=[says, *map(new_code_cell, sources)]), path)
    return path


COMPUTES = "from mislabel_utils.report import prose\nprose.numbers(student='56%')"


def test_executing_writes_the_numbers_and_checking_compares_them(tmp_path):
    page = stored(tmp_path / "page.ipynb", COMPUTES)
    assert "<!--=student-->56\N{NO-BREAK SPACE}%<!--/-->" in check(page)
    done = execute(page)
    assert done.cells[0].source.count("<!--=student-->56\N{NO-BREAK SPACE}%<!--/-->") == 2
    assert len(done.cells) == 2 and not done.cells[1].outputs
    nbformat.write(done, page)
    assert check(page) == ""
    with pytest.raises(ValueError, match="student: one name, and two cells"):
        execute(stored(page, COMPUTES, "prose.numbers(student='57 %')"))


RETINA = "get_config().InlineBackend.figure_formats = {'retina'}"
SETTINGS = {"profile_default/ipython_kernel_config.py": RETINA, "start.py": "mine = 1",
            "matplotlibrc": "figure.figsize: 2, 2\n"}  # fmt: skip
SHOWS = """import anywidget, matplotlib.pyplot as plt
print('mine' in globals())
anywidget.AnyWidget()
plt.plot([1, 2])
plt.show()"""


def test_neither_a_readers_settings_nor_chance_are_on_the_page(tmp_path, monkeypatch):
    """Nor is a port that another process has taken since it was found free."""
    home = tmp_path / "home"
    (home / "profile_default").mkdir(parents=True)
    for name, text in SETTINGS.items():
        (home / name).write_text(text)
    monkeypatch.setenv("IPYTHONDIR", str(home))
    monkeypatch.setenv("MATPLOTLIBRC", str(home / "matplotlibrc"))
    monkeypatch.setenv("PYTHONSTARTUP", str(home / "start.py"))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr(LocalPortCache, "find_available_port", lambda *_: 1)
    path = stored(tmp_path / "page.ipynb", COMPUTES, SHOWS)
    done = execute(path)
    said, figure = done.cells[2].outputs
    assert said.text == "False\n"
    assert figure.data["text/plain"].startswith("<Figure size 640x480")
    assert "image/png" in figure.data and not figure.metadata.get("image/png")
    assert f"{0:032x}" in done.metadata.widgets[WIDGET_STATE].state
    nbformat.write(done, path)
    assert check(path) == "", "models of widgets have random names"


@pytest.mark.parametrize(
    "source, values, fault",
    [
        ("It reads <!--=studnet-->5<!--/-->.", {}, "studnet.*marked and not computed"),
        ("It reads.", {"student": "5"}, "student.*or the other way round"),
        ("It reads.", {"table.own.student": "5"}, "table.*or the other way round"),
        ("Reads <!-- =student -->5<!--/-->.", {}, "<!-- =student --> is no mark"),
        ("Reads <!--=a-->5\n%<!--/-->, <!--=a-->5<!--/-->.", {"a": "5"}, "<!--=a--> is no mark"),
        ("Reads 5<!--/-->, <!--=a-->5<!--/-->.", {"a": "5"}, "<!--/--> is no mark"),
    ],
)
def test_marks_and_values_agree(source, values, fault):
    with pytest.raises(ValueError, match=fault):
        fill(new_notebook(cells=[new_markdown_cell(source)]), values)


def test_the_readme_opens_with_the_number_of_the_first_page():
    first = markdown(nbformat.read(BOOK / "intro.ipynb", as_version=4))[0].source
    (_, number), *_ = MARK.findall(first)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"reads {number}".replace("\N{NO-BREAK SPACE}", " ") in readme
