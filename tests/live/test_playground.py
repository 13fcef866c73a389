"""The experiment in the page computes what PyTorch computes, and can be used by everybody."""

import re

import pytest
import torch
import torch.nn.functional as F
from browsing import PHONE, WIDE

from mislabel_utils.live import Playground
from mislabel_utils.plane import experiment, networks
from mislabel_utils.plane.experiment import Setting

PAGE, VIEW = "book/two_dimensions.html", Playground
LEARNT = 20  # steps of training that are compared
COMPUTE = """
({ weights, width, points, labels, epsilon, learnt }) => {
  const net = plane.network(width), logits = [], slopes = [];
  net.p.set(weights);
  labels.forEach((label, k) => {
    const at = [points[2 * k], points[2 * k + 1]];
    plane.forward(net, ...at);
    logits.push(...net.logits);
    plane.backward(net, ...at, label, 1, false);
    slopes.push(...net.slope);
  });
  const search = plane.attacker(Float64Array.from(points), epsilon);
  for (let step = 0; step <= plane.ATTACK_STEPS; step++) {
    plane.attackStep(net, search, labels, step === plane.ATTACK_STEPS);
  }
  const counted = labels.map((_, k) => (k % 5 ? 1 : 0));
  for (let step = 0; step < learnt; step++) plane.trainStep(net, points, labels, counted, step);
  const { best, flipped } = search, lists = [best, flipped, net.p].map((row) => [...row]);
  return [logits, slopes, ...lists];
}
"""

FAULTY = """
(fault) => {
  window.Worker = class extends Worker {
    constructor() { super("data:text/javascript,onmessage = () => { throw Error() }"); }
    postMessage(asked) {
      if (fault === "error") super.postMessage(asked);
      else this.dispatchEvent(new MessageEvent(fault));
    }
  };
}
"""


@pytest.fixture(scope="module", params=[32, 64])
def both(request, module):
    """A network that has learnt a little, its problem, and what the browser makes of them."""
    only, epsilon = range(3, 4), 0.12
    points, labels = networks.draw(only)
    nets = networks.Nets.initial(only, request.param, "teacher").to(torch.float64)
    recipe = networks.Recipe(steps=100)
    nets = networks.train(nets, points.double(), labels, recipe=recipe)
    asked = {
        "weights": torch.cat([p.flatten() for p in nets.parameters]).tolist(),
        "width": request.param,
        "points": points.flatten().tolist(),
        "labels": labels.flatten().tolist(),
        "epsilon": epsilon,
        "learnt": LEARNT,
    }
    names = ("logits", "slopes", "best", "flipped", "learnt")
    found = dict(zip(names, map(torch.tensor, module.evaluate(COMPUTE, asked)), strict=True))
    return nets, points.double(), labels, epsilon, found


def test_logits(both):
    nets, points, _, _, found = both
    torch.testing.assert_close(found["logits"].double(), nets(points).flatten(), atol=1e-4, rtol=0)


def test_input_gradients(both):
    nets, points, labels, _, found = both
    points = points.clone().requires_grad_()
    F.cross_entropy(nets(points)[0], labels[0], reduction="sum").backward()
    expected = points.grad.flatten()
    assert torch.equal(found["slopes"].sign().double(), expected.sign())
    torch.testing.assert_close(found["slopes"].double(), expected, atol=1e-5, rtol=1e-4)


def test_adversarial_points(both):
    nets, points, labels, epsilon, found = both
    moved, flipped = experiment.attack(nets, points, labels, epsilon)
    right = networks.predict(nets, points) == labels
    assert flipped.any() and not flipped.all()
    assert torch.equal(found["flipped"].bool() & right[0], flipped[0])
    torch.testing.assert_close(found["best"].double(), moved.flatten(), atol=1e-6, rtol=0)


def test_training_steps(both):
    nets, points, labels, _, found = both
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
    expected = torch.cat([p.detach().flatten() for p in parameters])
    torch.testing.assert_close(found["learnt"].double(), expected, atol=1e-6, rtol=0)


def test_the_protocol_is_the_chapters(module):
    names = ("COUNT", "STEPS", "RATE", "ATTACK_STEPS", "SIDE")
    given = [module.evaluate(f"plane.{name}") for name in names]
    recipe, side = networks.Recipe(), int(len(networks.grid()) ** 0.5)
    expected = [Setting().count, recipe.steps, recipe.rate, experiment.ATTACK_STEPS, side]
    assert given == expected


def test_random_numbers_look_uniform_and_streams_differ(module):
    drawn = """[0, 1].map((stream) => {
        const random = plane.generator(5, stream);
        return Array.from({ length: 4000 }, random);
    })"""
    first, second = torch.tensor(module.evaluate(drawn), dtype=torch.float64)
    for row in (first, second):
        assert row.min() >= 0 and row.max() < 1
        assert (row.histc(10, 0, 1) - 400).abs().max() < 100  # five standard deviations
    assert torch.corrcoef(torch.stack([first, second]))[0, 1].abs() < 0.08


def test_senseless_addresses_are_ignored(module):
    start = {"seed": 0, "radius": 0.12, "width": 64}
    for query in ("", "?seed=-1&radius=7&width=48", "?seed=x&radius=&width=", "?seed=1.5"):
        expected = start | ({"radius": 0} if "radius=&" in query else {})
        assert module.evaluate("query => plane.fromAddress(query)", query) == expected


@pytest.fixture
def play(visit, site, request):
    """Open the chapter with some state in its address; return the page and the playground."""
    if not (site / "_static" / "anywidget").is_dir():
        pytest.skip("built without npm: the scripts come from another host")

    def open_playground(query, viewport=WIDE):
        page = visit(f"{PAGE}?{query}", viewport)
        page.emulate_media(reduced_motion="reduce")  # no waiting for what only eyes need
        view = page.locator(".playground")
        view.locator("canvas").first.wait_for()
        return page, view

    return open_playground


def button(view, name):
    return view.get_by_role("button", name=name, exact=True)


def test_a_draw_is_trained_by_keyboard(module, visit, play):
    page, view = play("seed=3&radius=0.1&width=32", PHONE)
    button(view, "Play").focus()
    page.keyboard.press("Enter")
    view.get_by_text("Draw 3: done.").wait_for(timeout=300_000)
    expected = module.evaluate("plane.outcome(3, 0.1, 32)")
    status = view.get_by_role("status").inner_text()
    assert f"gets {expected['k']} of 32 right" in status
    numbers = view.locator(".live-numbers").first.inner_text()
    assert f"Flipped: {expected['flipped']}." in numbers
    assert f"on {100 * expected['same']:.0f} % of the square" in numbers
    for picture in view.get_by_role("img").all():
        assert len(picture.get_attribute("aria-label")) > 30
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert not visit.complaints, "\n".join(visit.complaints)


def test_the_address_shares_a_draw(visit, play):
    page, view = play("seed=7&radius=0.1&width=32")
    view.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    button(view, "New points").press("Space")
    view.get_by_role("combobox", name="width").select_option("64")
    shared = page.url.partition("?")[2]
    assert shared == "seed=8&radius=0.11&width=64"
    page, view = play(shared)
    assert view.get_by_role("slider").input_value() == "0.11"
    assert view.get_by_role("combobox", name="width").input_value() == "64"
    assert view.get_by_text("Draw 8:").count()
    button(view, "Reset").press("Enter")
    assert page.url.endswith("?seed=0&radius=0.12&width=64")
    assert not visit.complaints, "\n".join(visit.complaints)


def test_steps_and_a_pause(visit, play):
    page, view = play("seed=3&width=32")
    button(view, "Step").press("Enter")
    view.get_by_text("step 20 of 600").wait_for()
    page.emulate_media(reduced_motion="no-preference")
    button(view, "Play").press("Enter")
    view.get_by_text("step 20 of 600").wait_for(state="detached")
    button(view, "Pause").press("Enter")
    stopped = view.locator(".live-numbers").first.inner_text()
    page.wait_for_timeout(500)
    assert view.locator(".live-numbers").first.inner_text() == stopped
    assert not visit.complaints, "\n".join(visit.complaints)


def test_draws_are_counted_only_in_view(visit, play):
    page, view = play("width=32")
    button(view, "Run 100 draws").press("Enter")
    view.get_by_text(re.compile(r"\d draws, ")).wait_for()  # a text that stays, however fast
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(300)  # the draw in hand is finished
    counted = view.locator(".live-numbers").nth(1)
    page.wait_for_function(
        """() => new Promise((answer) => {
            const count = () => document.querySelector(".playground .live-quiet").textContent;
            const before = count();
            setTimeout(() => answer(count() === before), 3000);
        })"""
    )
    button(view, "Stop").press("Enter")
    assert "draws" in counted.inner_text()
    button(view, "Run 100 draws").wait_for()
    assert not visit.complaints, "\n".join(visit.complaints)


@pytest.mark.parametrize("fault", ["error", "messageerror"])
def test_a_worker_that_fails_is_told_and_the_button_comes_back(visit, play, fault):
    page, view = play("width=32")
    page.evaluate(FAULTY, fault)
    button(view, "Run 100 draws").press("Enter")
    view.get_by_text("The draws stopped").wait_for(timeout=10_000)
    button(view, "Run 100 draws").wait_for(timeout=10_000)
    assert not visit.complaints, "\n".join(visit.complaints)
