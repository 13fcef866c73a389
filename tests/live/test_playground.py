"""The experiment in the page computes what PyTorch computes, and can be used by everybody."""

import re

import pytest
import torch
import torch.nn.functional as F
from browsing import LOAD_MODULE, PHONE, WIDE

from mislabel_utils.live import Playground
from mislabel_utils.plane import experiment, networks
from mislabel_utils.plane.experiment import Setting

PAGE, VIEW = "book/two_dimensions.html", Playground
LEARNT = 20  # steps of training that are compared
COMPUTE = """
({ weights, width, points, labels, epsilon, learnt }) => {
  const net = module.network(width), logits = [], slopes = [];
  net.p.set(weights);
  labels.forEach((label, k) => {
    const at = [points[2 * k], points[2 * k + 1]];
    module.forward(net, ...at);
    logits.push(...net.logits);
    module.backward(net, ...at, label, 1, false);
    slopes.push(...net.slope);
  });
  const search = module.attacker(Float64Array.from(points), epsilon);
  for (let step = 0; step <= module.ATTACK_STEPS; step++) {
    module.attackStep(net, search, labels, step === module.ATTACK_STEPS);
  }
  const counted = labels.map((_, k) => (k % 5 ? 1 : 0));
  for (let step = 0; step < learnt; step++) module.trainStep(net, points, labels, counted, step);
  const { best, flipped } = search, lists = [best, flipped, net.p].map((row) => [...row]);
  return [logits, slopes, ...lists];
}
"""


@pytest.mark.parametrize("width", [32, 64])
def test_what_the_browser_computes(module, width):
    """Logits, input gradients, adversarial points, and where training ends."""
    only, epsilon = range(3, 4), 0.12
    points, labels = networks.draw(only)
    points, nets = points.double(), networks.Nets.initial(only, width, "teacher")
    nets = networks.Nets([each.double() for each in nets.parameters])
    nets = networks.train(nets, points, labels, recipe=networks.Recipe(steps=100))
    given = {
        "weights": torch.cat([p.flatten() for p in nets.parameters]).tolist(),
        "width": width,
        "points": points.flatten().tolist(),
        "labels": labels.flatten().tolist(),
        "epsilon": epsilon,
        "learnt": LEARNT,
    }
    names = ("logits", "slopes", "best", "flipped", "learnt")
    found = dict(zip(names, map(torch.tensor, module.evaluate(COMPUTE, given)), strict=True))
    asked = points.clone().requires_grad_()
    logits = nets(asked)
    F.cross_entropy(logits[0], labels[0], reduction="sum").backward()
    moved, flipped = experiment.attack(nets, points, labels, epsilon)
    right = networks.predict(nets, points) == labels
    assert flipped.any() and not flipped.all()
    assert torch.equal(found["flipped"].bool() & right[0], flipped[0])
    assert torch.equal(found["slopes"].sign().double(), asked.grad.flatten().sign())

    recipe = networks.Recipe()
    parameters = [p.clone().requires_grad_() for p in nets.parameters]
    optimiser = torch.optim.Adam(parameters, lr=recipe.rate)
    kept = torch.arange(32) % 5 > 0
    for step in range(LEARNT):
        optimiser.param_groups[0]["lr"] = recipe.rate * (1 - step / recipe.steps)
        loss = F.cross_entropy(networks.Nets(parameters)(points)[0, kept], labels[0, kept])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    expected = {"logits": (logits.flatten(), 1e-4), "slopes": (asked.grad.flatten(), 1e-5),
                "best": (moved.flatten(), 1e-6),
                "learnt": (torch.cat([p.flatten() for p in parameters]), 1e-6)}  # fmt: skip
    for name, (value, error) in expected.items():
        torch.testing.assert_close(found[name].double(), value.detach(), atol=error, rtol=1e-4)


def test_the_protocol_is_the_chapters(module):
    names = ("COUNT", "STEPS", "RATE", "ATTACK_STEPS", "SIDE")
    given = [module.evaluate(f"module.{name}") for name in names]
    recipe, side = networks.Recipe(), int(len(networks.grid()) ** 0.5)
    expected = [Setting().count, recipe.steps, recipe.rate, experiment.ATTACK_STEPS, side]
    assert given == expected


def test_draws_that_are_counted_are_the_whole_experiment(module):
    for seed in (3, 4):
        whole = module.evaluate(f"module.outcome({seed}, 0.1, 32)")
        counted = module.evaluate(f"module.score({seed}, 0.1, 32)")
        assert counted == {name: whole[name] for name in ("fitted", "k")}


def test_it_opens_with_the_median_of_its_first_draws(module):
    draws = [module.evaluate(f"module.outcome({seed}, 0.12, 64)") for seed in range(VIEW.among)]
    order = sorted(
        (each["k"], each["same"], seed)
        for seed, each in enumerate(draws) if each["fitted"] == 32
    )  # fmt: skip
    assert order[(len(order) - 1) // 2][2] == VIEW.first_draw


@pytest.fixture
def play(visit):
    """Open the chapter with some state in its address; return the page and the playground."""

    def open_playground(query, viewport=WIDE):
        # It plays when it is first seen, unless a reader wants no motion: so before the page opens.
        visit("search.html", to_widgets=False).emulate_media(reduced_motion="reduce")
        page = visit(f"{PAGE}?{query}", viewport)
        view = page.locator(".playground")
        view.locator("canvas").first.wait_for()
        return page, view

    return open_playground


def button(view, name):
    return view.get_by_role("button", name=name, exact=True)


def figure(view, name):
    return view.locator(f".count.{name} b").inner_text()


def finished(view) -> str:
    view.get_by_text(re.compile("The student gets")).wait_for(timeout=300_000)
    return view.get_by_role("status").inner_text()


def test_a_draw_is_trained_by_keyboard(module, visit, play):
    page, view = play("seed=3&radius=0.1&width=32", PHONE)
    button(view, "Play").focus()
    page.keyboard.press("Enter")
    said = finished(view)
    expected = module.evaluate("module.outcome(3, 0.1, 32)")
    assert f"gets {expected['k']} of 32 right" in said
    assert figure(view, "flipped") == f"{expected['flipped']} of 32"
    assert figure(view, "student") == f"{expected['k']} of 32"
    assert figure(view, "same") == f"{100 * expected['same']:.0f} %"
    for picture in view.locator("canvas").all():
        assert len(picture.get_attribute("aria-label")) > 30
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_points_are_dragged_and_added(visit, play):
    page, view = play("seed=3&width=32")
    square = view.get_by_role("application")
    square.scroll_into_view_if_needed()
    box = square.bounding_box()

    def at(x, y):
        return box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]

    page.evaluate(LOAD_MODULE, VIEW._esm)
    x, y = page.evaluate("[...module.begin(3, 0.12, 32).points.slice(0, 2)]")
    page.mouse.move(*at(x, y))
    page.mouse.down()
    page.mouse.move(*at(0.5, 0.99), steps=5)
    page.mouse.up()
    finished(view)
    assert figure(view, "student").endswith("of 32")
    square.press("Insert")
    view.get_by_text("of 33").first.wait_for()
    square.press("Delete")
    finished(view)
    square.press("ArrowRight")
    view.get_by_text(re.compile(r"Point \d+ of 32: ")).wait_for()
