"""Train it here: the browser's arithmetic is PyTorch's, and everybody can use it."""

import gzip
import json
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from axe_playwright_python.sync_playwright import Axe
from browsing import PHONE
from torch import nn

from mislabel_utils.learning import datasets
from mislabel_utils.learning.recipes import Recipe, learning_rate
from mislabel_utils.live import training
from mislabel_utils.live.training import Training, train_it_here
from mislabel_utils.recording.records import Store
from mislabel_utils.recording.runs import Run

VIEW = Training  # what `module` loads
RECIPE = Recipe("", epochs=12, batch_size=32, learning_rate=0.006, optimizer="adam")
FEW = {"garments": 320, "digits": 100}  # of a lesson that takes seconds

LESSON = """
([seed, passes, images, targets, scale]) => {
  const count = targets.length / 10, order = Int32Array.from({ length: count }, (_, i) => i);
  const random = module.generator(seed, 1), orders = [], said = [];
  for (let pass = 0; pass < passes; pass++) orders.push([...module.shuffle(order, 1, random)]);
  const data = { images: Uint8Array.from(images), targets: Float32Array.from(targets), scale };
  const test = { ...data, digits: new Uint8Array(count) };
  const learner = module.learner((message) => said.push(message));
  learner.receive({ learn: { ...data, test, seed, passes } });
  while (!said.some((message) => message.done)) learner.work(50);
  learner.receive({ ask: data });
  while (!said.some((message) => message.answers)) learner.work(50);
  const { answers } = said.find((message) => message.answers);
  return [[...module.network(module.generator(seed, 0)).p], orders, [...answers]];
}
"""
PAGE = """<!doctype html>
<html lang="en" ROOT><title>Train it here</title><link rel="icon" href="data:,">
<style>STYLE</style><main><h1>Train it here</h1><div id="view"></div></main>
<script type="module">
  const traits = TRAITS;
  const code = new Blob([traits._esm], { type: "text/javascript" });
  const module = await import(URL.createObjectURL(code));
  const model = { get: (name) => traits[name], ...window.kernel };
  module.default.render({ model, el: document.getElementById("view") });
</script>
"""


@pytest.fixture(scope="module")
def garments():
    return datasets.load("fashion_mnist", "recorded").train


@pytest.fixture(scope="module")
def called(garments):
    """The digit that the recorded teacher named for each garment of the sample."""
    return Run(Store().find(training.TEACHER)).predict(garments)[garments.index]


# The arithmetic


def network() -> nn.Sequential:
    """The browser's, in PyTorch."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(8, 16, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(16 * 7 * 7, 10),
    )  # fmt: skip


@pytest.mark.parametrize("soft", [False, True], ids=["digits", "probabilities"])
def test_a_lesson_is_pytorchs(module, garments, called, soft):
    """From the first weights, in the order of the browser's, to the answers at the end."""
    images, digits = garments.images[:100], F.one_hot(called[:100], 10).double()
    targets = torch.rand(100, 10, generator=torch.manual_seed(0)).mul(4).softmax(1).double()
    targets = targets if soft else digits
    scale = [*garments.normalization.mean, *garments.normalization.std]
    given = [3, 2, images.flatten().tolist(), targets.flatten().tolist(), scale]
    start, orders, answers = map(torch.tensor, module.evaluate(LESSON, given))
    net, inputs = network().double(), (images.double() / 255 - scale[0]) / scale[1]
    nn.utils.vector_to_parameters(start.double(), net.parameters())
    optimizer, batches = torch.optim.Adam(net.parameters()), orders[:, :96].reshape(-1, 32)
    before = net(inputs).softmax(1)
    for step, rows in enumerate(batches):
        optimizer.param_groups[0]["lr"] = learning_rate(RECIPE, step, len(batches))
        optimizer.zero_grad()
        F.cross_entropy(net(inputs[rows]), targets[rows]).backward()
        optimizer.step()
    expected = net(inputs).softmax(1)
    assert (expected - before).abs().max() > 0.02
    torch.testing.assert_close(answers.view(100, 10).double(), expected, atol=1e-4, rtol=0)


def test_it_begins_as_pytorch_does_and_shuffles_fairly(module):
    weights = module.evaluate("[...module.network(module.generator(3, 0)).p]")
    at = 0
    for theirs in network().parameters():
        mine = torch.tensor(weights[at : at + theirs.numel()])
        at += theirs.numel()
        if theirs.ndim > 1:
            bound = theirs[0].numel() ** -0.5  # PyTorch's default
            assert mine.abs().max() <= bound
            assert mine.std().item() == pytest.approx(bound / 3**0.5, rel=0.2)
    assert at == len(weights)
    orders = module.evaluate(
        """[...Array(600).keys()].map((seed) =>
          [...module.shuffle(Int32Array.of(0, 1, 2), 1, module.generator(seed, 2))].join(""))"""
    )
    counts = {order: orders.count(order) for order in orders}
    assert len(counts) == 6 and all(60 < count < 140 for count in counts.values())


# What is loaded


def unpacked(packed: bytes) -> dict[str, np.ndarray]:
    raw = gzip.decompress(packed)
    n, m = np.frombuffer(raw, "<u4", 2)
    parts = (("garments", n * 784, "u1"), ("called", n, "u1"), ("kinds", n, "u1"),
             ("soft", n * 10, "<u2"), ("images", m * 784, "u1"), ("digits", m, "u1"))  # fmt: skip
    found, at = {}, 8
    for name, count, kind in parts:
        found[name] = np.frombuffer(raw, kind, count, at)
        at += found[name].nbytes
    assert at == len(raw)
    return found


def test_the_lessons_are_the_recorded_teachers(garments, called, monkeypatch, tmp_path):
    monkeypatch.setenv("MISLABEL_RECORDS", str(tmp_path))  # of the book, whatever a reader records
    packed = training.lessons()
    assert len(packed) < 3_000_000
    found = unpacked(packed)
    assert np.array_equal(found["garments"], garments.images.numpy().ravel())
    assert np.array_equal(found["called"], called.numpy())
    soft = found["soft"].reshape(-1, 10) / 65535
    assert abs(soft.sum(1) - 1).max() < 1e-3
    # A rounded network's: here and there it names another digit than the recorded one.
    assert (soft.argmax(1) == called.numpy()).mean() > 0.99
    test = datasets.load("mnist", "recorded").test
    assert np.array_equal(found["images"], test.images.numpy().ravel())
    assert np.array_equal(found["digits"], test.labels[test.index].numpy())


# The view


def short(packed: bytes) -> bytes:
    """The lessons with few pictures."""
    found, (n, m) = unpacked(packed), FEW.values()
    sizes = (n * 784, n, n, 10 * n, m * 784, m)
    parts = [each[:size].tobytes() for each, size in zip(found.values(), sizes, strict=True)]
    return gzip.compress(np.array([n, m], "<u4").tobytes() + b"".join(parts))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """In place of the book's: two pages with the view, one beside a few pictures."""
    site = tmp_path_factory.mktemp("site")
    state = train_it_here().get_state()
    traits = json.dumps({name: state[name] for name in ("_esm", "scales", "kinds")})
    page = PAGE.replace("STYLE", state["_css"]).replace("TRAITS", traits.replace("</", "<\\/"))
    files = site / "few" / "_static" / "training"
    training.write(files, "lessons", short(training.lessons()))
    raw = gzip.decompress(training.digits())
    few = raw[: 320 * 784] + raw[-6000:][:320]
    training.write(files, "digits", gzip.compress(few))
    (site / "few.html").write_text(page.replace("ROOT", 'data-content_root="./few/"'))
    (site / "notebook.html").write_text(page.replace("ROOT", ""))
    return site


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def points(page, role) -> int:
    """How many points the curve of a student has."""
    return page.evaluate(
        """(role) => (document.querySelector(`.curves path.${role}:not(.former)`)
            ?.getAttribute("d").match(/[ML]/g) ?? []).length""",
        role,
    )


def number(page, role) -> float:
    return float(page.locator(f".counter.{role} strong").inner_text().rstrip(" %").replace(",", ""))


RECORD_TARGETS = """() => {
  const post = Worker.prototype.postMessage;
  window.taught = [];
  Worker.prototype.postMessage = function (message) {
    if (message.learn) taught.push([...message.learn.targets]);
    post.call(this, message);
  };
}"""


def test_it_stops_goes_on_and_begins_again(visit):
    page, loaded = visit("few.html", PHONE), []
    page.evaluate(RECORD_TARGETS)
    page.on("request", lambda request: loaded.append(request.url))
    page.wait_for_timeout(200)
    assert not loaded  # only when it is asked for
    button(page, "Train it here").press("Enter")
    page.locator(".curves circle.student").wait_for(state="attached")
    button(page, "Stop").press("Enter")
    seen = -1
    while seen != (seen := number(page, "seen")):  # what was under way is told
        page.wait_for_timeout(500)
    button(page, "Resume").press("Enter")
    button(page, "Train again").wait_for()
    assert [url.rpartition("/")[2] for url in loaded if "/_static/" in url] == ["lessons.bin"]
    assert number(page, "seen") == 12 * 320 > seen
    student, control = (np.reshape(each, (-1, 10)) for each in page.evaluate("taught"))
    assert np.array_equal(student.argmax(1), unpacked(training.lessons())["called"][:320])
    assert np.array_equal(sorted(student.argmax(1)), sorted(control.argmax(1)))
    assert (student != control).any(1).mean() > 0.7
    first = page.locator(".curves path.student").get_attribute("d")
    # A lesson that was interrupted is the same as one that was not, and another seed's is another.
    for again, former, same in (("Train again", 2, True), ("Another seed", 4, False)):
        button(page, again).press("Enter")
        page.wait_for_function(
            f"document.querySelectorAll('.curves path.former').length == {former}"
        )
        button(page, "Train again").wait_for()
        drawn = page.locator(".curves path.student:not(.former)").get_attribute("d")
        assert (drawn == first) == same
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_teacher_of_the_readers_own_reads_digits_and_everything_has_a_name(browser, site):
    """In a page that no server sends, in a browser that lends no worker."""
    page = browser.new_page()
    page.add_init_script("delete window.Worker;")
    page.goto((site / "few.html").as_uri())
    for name in ("train the teacher too", "soft labels"):
        page.get_by_role("checkbox", name=name).check()
    button(page, "Train it here").press("Enter")
    # Said aloud, until what the students make of a first digit is.
    page.get_by_text(re.compile(r"Done\. .*student: \d+ %")).wait_for(timeout=300_000)
    page.get_by_text("this browser lends no worker").wait_for()
    assert [points(page, role) > 5 for role in ("teacher", "student", "control")] == [True] * 3
    assert number(page, "teacher") > 30  # after some eighty steps
    label = page.locator(".curves").get_attribute("aria-label")
    assert re.search(r"student: \d+ %, no right label; control: \d+ %, shuffled", label)
    button(page, "test digit 3").press("Enter")
    for name in ("Taught by wrong labels", "Same labels, shuffled"):
        answer = page.get_by_role("region", name=name)
        answer.get_by_role("listitem").nth(4).wait_for()
        assert re.fullmatch(r"\d", answer.locator("strong").inner_text())
    assert not [each["id"] for each in Axe().run(page).response["violations"]]
    page.close()


def test_in_a_notebook_the_kernel_is_asked(visit, site, monkeypatch):
    view, sent = train_it_here(), []
    monkeypatch.setattr(view, "send", lambda *message: sent.append(message))
    for asked in ("digits", "secrets", {"lessons": 1}):
        view._handle_custom_msg(asked, [])
    assert sent == [("digits", [training.digits()])]
    lessons = list((site / "few" / "_static" / "training" / "lessons.bin").read_bytes())
    page = visit("few.html")
    page.add_init_script(f"""
      let hear;
      const view = new DataView(Uint8Array.from({lessons}).buffer);
      window.kernel = {{
        on: (event, heard) => (hear = heard),
        off: () => {{}},
        send: (asked) => setTimeout(() => hear(asked, [view])),
      }};
    """)
    visit("notebook.html")
    button(page, "Train it here").press("Enter")
    button(page, "Train again").wait_for()
    assert number(page, "seen") == 12 * 320
