"""The choice of mistakes in the page computes what PyTorch does, and can be used by everybody."""

import re

import pytest
import torch
from browsing import PHONE, WIDE

from mislabel_utils.live import Mistakes
from mislabel_utils.plane import mistakes, networks
from mislabel_utils.plane.networks import Nets, Recipe

PAGE, VIEW = "book/argument.html", Mistakes
COMPUTE = """
({ seed, weights, steps, kept, labels }) => {
  const lesson = module.pose(seed);
  if (weights) lesson.teacher.p.set(weights);
  const { border, points, fresh, right } = lesson, [first, second] = [[], []];
  for (const step of module.teach(lesson, steps)) first.push(step);
  const teacher = [...lesson.teacher.p], { wrong, margins } = lesson;
  for (const step of module.learn(lesson, kept, labels)) second.push(step);
  const told = module.tallied(lesson), rows = { border, points, fresh, wrong, margins };
  for (const name in rows) rows[name] = [...rows[name]];
  return { ...rows, ...told, truth: [...right], learned: teacher, kept: [...lesson.kept],
           steps: [first.at(-1), second.at(-1)], student: [...lesson.student.p] };
}
"""


def nets(weights):
    """One network of the browser's, from its row of parameters."""
    width, row, parameters = mistakes.WIDTH, torch.tensor(weights, dtype=torch.float64), []
    for inputs, outputs in ((2, width), (width, width), (width, 2)):
        for rows in (inputs, 1):
            values, row = row[: rows * outputs], row[rows * outputs :]
            parameters.append(values.view(1, rows, outputs))
    assert not len(row)
    return Nets(parameters)


def untrained(module, seed, stream):
    asked = f"module.network({mistakes.WIDTH}, module.generator({seed}, {stream})).p"
    return nets(module.evaluate(f"[...{asked}]"))


def points(row):
    return torch.tensor(row, dtype=torch.float64).view(1, -1, 2)


@pytest.mark.parametrize(
    "seed, steps, which, whose",
    [
        (4, 20, "confident", "teacher"),
        (5, 60, "all", "true"),
        (6, 200, "timid", "teacher"),
    ],
)
def test_what_the_browser_computes(module, seed, steps, which, whose):
    """The truth, the teacher, the choice, the student and the figures are PyTorch's."""
    asked = {"seed": seed, "weights": None, "steps": steps, "kept": which, "labels": whose}
    found = module.evaluate(COMPUTE, asked)
    border, (learned, fresh) = (
        torch.tensor([found["border"]]),
        map(points, (found["points"], found["fresh"])),
    )
    true = mistakes.truth(border, fresh)
    assert true[0].tolist() == found["truth"]

    assert found["steps"] == [steps, mistakes.STUDENT]
    labels = mistakes.truth(border, learned)
    teacher = networks.train(untrained(module, seed, 1), learned, labels, recipe=Recipe(steps))
    with torch.no_grad():
        margins = teacher(fresh).diff(dim=-1)[..., 0]
    torch.testing.assert_close(
        torch.tensor([found["margins"]]).double(), margins, atol=1e-5, rtol=0
    )
    wrong = (margins > 0) != true
    assert wrong[0].long().tolist() == found["wrong"]

    kept = mistakes.chosen(wrong, margins.abs(), which)
    assert kept[0].long().tolist() == found["kept"]
    labels = true if whose == "true" else (margins > 0).long()
    student = mistakes.learned(untrained(module, seed, 2), fresh, labels, kept)
    row = torch.cat([p.flatten() for p in student.parameters])
    torch.testing.assert_close(torch.tensor(found["student"]).double(), row, atol=1e-4, rtol=0)

    grid = networks.grid().double()
    teacher, student = (networks.predict(nets(found[n]), grid) for n in ("learned", "student"))
    true = mistakes.truth(border, grid)
    shares = [(teacher == true), (student == teacher), (student == true)]
    expected = [each.double().mean().item() for each in shares]
    assert [found[n] for n in ("teacher", "agree", "right")] == pytest.approx(expected, abs=4e-4)
    assert found["mistakes"] == sum(found["wrong"])
    assert found["true"] == (sum(found["kept"]) if whose == "true" else 0)


def test_the_protocol_is_the_records(module):
    names = ("POINTS", "FRESH", "HIDDEN", "HEIGHT", "WAVES", "LEARN", "RATE", "SIDE")
    given = [module.evaluate(f"module.{name}") for name in names]
    side = int(len(networks.grid()) ** 0.5)
    expected = [mistakes.POINTS, mistakes.FRESH, mistakes.WIDTH, mistakes.HEIGHT, mistakes.WAVES,
                mistakes.STUDENT, Recipe().rate, side]  # fmt: skip
    assert given == expected
    choices = module.evaluate("module.CHOICES")
    assert choices["steps"] == [str(steps) for steps in mistakes.TEACHERS]
    assert (choices["kept"], choices["labels"]) == (list(mistakes.KEPT), list(mistakes.LABELS))


@pytest.fixture
def choose(visit):
    """Open the chapter with some state in its address; return the page and the view."""

    def open_view(query, viewport=WIDE):
        page = visit(f"{PAGE}?{query}", viewport)
        page.emulate_media(reduced_motion="reduce")  # no waiting for what only eyes need
        view = page.locator(".mistakes")
        view.locator("canvas").first.wait_for()
        view.scroll_into_view_if_needed()
        return page, view

    return open_view


def status(view):
    view.get_by_text(re.compile("the student is right on")).wait_for()
    return view.get_by_role("status").inner_text()


def chosen(view) -> list[str]:
    return view.locator("button[aria-pressed=true]").all_inner_texts()


def test_a_choice_is_made_by_keyboard_on_a_phone(module, visit, choose):
    page, view = choose("seed=3", PHONE)
    before = status(view)
    assert view.locator(".count b").first.inner_text() == "0 %"
    button = view.get_by_role("group", name="Labels").get_by_role("button", name="true", exact=True)
    button.press("Enter")
    view.get_by_text(before).wait_for(state="detached")
    asked = {"seed": 3, "weights": None, "steps": 60, "kept": "all", "labels": "true"}
    expected = module.evaluate(COMPUTE, asked)
    assert f"right on {100 * expected['right']:.0f} % of the square" in status(view)
    badges = view.locator(".count b").all_inner_texts()
    assert badges == ["100 %", f"{100 * expected['right']:.0f} %"]
    assert chosen(view) == ["Tell it the truth", "60", "all", "true"]
    for picture in view.get_by_role("img").all():
        assert len(picture.get_attribute("aria-label")) > 30
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_address_shares_a_choice(visit, choose):
    page, view = choose("seed=7")
    view.get_by_role("button", name="Only confident mistakes").click()
    view.get_by_role("button", name="200", exact=True).click()
    view.get_by_role("button", name="New square").press("Enter")
    shared = page.url.partition("?")[2]
    assert shared == "seed=8&steps=200&kept=confident&labels=teacher"
    expected = status(view)
    page, view = choose(shared)
    assert chosen(view) == ["200", "surest fifth", "the teacher’s"]
    assert status(view) == expected
