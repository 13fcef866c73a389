"""Draw a digit: the networks in the page are the chapter's, and read what is drawn."""

import base64
import io
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from browsing import PHONE, WIDE
from PIL import Image

from mislabel_utils.files import BUNDLED
from mislabel_utils.learning import datasets, inference, training_sets
from mislabel_utils.live import weights
from mislabel_utils.live.digits import DrawADigit, draw_a_digit, first_of_each
from mislabel_utils.recording.records import RecordError, Store
from mislabel_utils.recording.runs import Run

PAGE, VIEW = "book/mnist_to_fashion.html", DrawADigit
RUNS = {"teacher": "351897a7206c", "student": "93affb1cfa67", "control": "2a91c16dc1ca"}
BYTES = "(text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer"


@pytest.fixture(scope="module")
def mnist_test():
    """MNIST's test split, with the images of the bundled sample."""
    return datasets.load("mnist", "recorded").test


@pytest.fixture(scope="module")
def runs():
    return {name: Run(Store().find(start)) for name, start in RUNS.items()}


@pytest.fixture(scope="module")
def networks(runs, mnist_test):
    """The exported networks that come with the package."""
    return {name: weights.compact(run, mnist_test) for name, run in runs.items()}


def text(array: np.ndarray | bytes) -> str:
    return base64.b64encode(array if isinstance(array, bytes) else array.tobytes()).decode()


def held_out(split, count=100):
    """Positions in `split.images`: the last ten of each digit; the page's examples come first."""
    backwards = first_of_each(split.labels[split.index].flip(0), count // 10)
    return len(split.index) - 1 - backwards


# The export


@pytest.mark.parametrize("name", RUNS)
def test_the_claimed_accuracy_is_that_of_the_export(networks, mnist_test, name):
    network = networks[name]
    recorded = Run(Store().find(RUNS[name])).record.metrics[mnist_test.key]
    assert network.images == 10_000
    assert abs(network.accuracy - recorded) < 0.005  # rounding the weights costs next to nothing
    here = mnist_test.labels[mnist_test.index]
    found = inference.accuracy(inference.predict(network.network(), mnist_test), here)
    error = (network.accuracy * (1 - network.accuracy) / len(here)) ** 0.5
    assert abs(found - network.accuracy) < 3 * error


def test_the_export_of_another_run_is_refused(runs):
    path = BUNDLED / "weights" / f"{runs['teacher'].record.stem}.npz"
    with pytest.raises(RecordError, match="is not that of student-own-s1000-93affb1cfa67"):
        weights.read(path, runs["student"])


def test_the_browser_finds_the_garments_next_to_a_digit(runs, networks, mnist_test, module):
    clothes = datasets.load("fashion_mnist", "recorded").train
    said = training_sets.predictions(runs["teacher"], clothes)
    garments = draw_a_digit(networks, mnist_test, said).garments
    labels = said.labels[clothes.index]
    kept = first_of_each(labels, 60)
    assert list(map(int, garments["called"])) == labels[kept].tolist()
    sheet = np.asarray(Image.open(io.BytesIO(garments["sheet"])).convert("L"))
    for place in (0, 21, len(kept) - 1):
        row, column = 28 * (place // 20), 28 * (place % 20)
        drawn = 255 - sheet[row : row + 28, column : column + 28].astype(int)
        assert abs(drawn - clothes.images[kept[place], 0].numpy()).max() <= 9  # of sixteen greys

    network, digits = networks["student"].network(), mnist_test.images[held_out(mnist_test)]
    asked, among = (
        F.normalize(inference.features(network, images, split.normalization))
        for images, split in ((digits, mnist_test), (clothes.images[kept], clothes))
    )
    alike = asked @ among.T
    found = module.evaluate(
        f"""([asked, features]) => {{
            const bytes = {BYTES}, all = new Float32Array(bytes(asked));
            const among = new Uint8Array(bytes(features));
            return Array.from({{ length: all.length / 128 }}, (_, i) =>
                module.nearest(all.subarray(128 * i, 128 * (i + 1)), among, 6));
        }}""",
        [text(asked.numpy()), text(garments["features"])],
    )
    # Rounded features may swap neighbours that are as near; none is missed by more than that.
    expected = alike.topk(6).values.sort().values
    got = alike.gather(1, torch.tensor(found)).sort().values
    assert (expected - got).max() < 0.005 < (expected - alike.mean(1, keepdim=True)).min()


# The arithmetic in the browser


@pytest.mark.parametrize("name", RUNS)
def test_the_browser_computes_what_pytorch_computes(networks, mnist_test, module, name):
    network, norm = networks[name], mnist_test.normalization
    noise = torch.randint(256, (50, 1, 28, 28), generator=torch.manual_seed(0)).byte()
    pictures = torch.cat([mnist_test.images[held_out(mnist_test, 50)], noise])
    expected = inference.outputs(network.network(), pictures, norm).numpy()
    found = module.evaluate(
        f"""([packed, shapes, pictures, mean, std]) => {{
            const bytes = {BYTES}, pixels = new Uint8Array(bytes(pictures));
            const layers = module.unpack(new DataView(bytes(packed)), shapes);
            return Array.from({{ length: pixels.length / 784 }}, (_, i) => {{
                const image = pixels.subarray(784 * i, 784 * (i + 1));
                return [...module.forward(layers, module.standardise(image, mean, std)).logits];
            }});
        }}""",
        [text(network.packed), network.shapes, text(pictures.numpy()), *norm.mean, *norm.std],
    )
    assert np.shape(found) == (100, 10)
    assert np.abs(np.array(found) - expected).max() < 1e-4


def prepared(module, pictures: np.ndarray, painted: bool = False) -> np.ndarray:
    """Pictures uint8 (n, side, side) as the page hands them to the networks, (n, 28, 28).

    Either as they are or, if they are 28 x 28 pixels, painted on the drawing field first.
    """
    found = module.evaluate(
        f"""([pictures, side, painted]) => {{
            const canvas = document.createElement("canvas"), bytes = {BYTES};
            canvas.width = canvas.height = 280;
            const pixels = new Uint8Array(bytes(pictures));
            return Array.from({{ length: pixels.length / side ** 2 }}, (_, i) => {{
                const picture = pixels.subarray(side ** 2 * i, side ** 2 * (i + 1));
                if (!painted) return [...module.normalise(picture, side)];
                module.paint(canvas, picture);
                return [...module.normalise(module.ink(canvas), 280)];
            }});
        }}""",
        [text(pictures), pictures.shape[-1], painted],
    )
    return np.array(found).reshape(-1, 28, 28)


def test_digits_of_mnist_are_prepared_already(mnist_test, module):
    pictures = mnist_test.images[held_out(mnist_test), 0].numpy()
    again = prepared(module, pictures, painted=True)
    # A centre of mass that lies between two pixels may be rounded the other way.
    assert (again == pictures).all((1, 2)).mean() >= 0.97


def test_size_and_place_of_a_drawing_do_not_matter(module):
    rows, columns = np.mgrid[:90, :60]
    seven = ((rows < 15) | (abs(columns - (60 - rows * 0.5)) < 8)).astype(np.uint8) * 255
    pictures = np.zeros((3, 280, 280), np.uint8)
    pictures[0, :90, :60] = seven
    pictures[1, 190:, 220:] = seven
    pictures[2, 50:230, 70:190] = seven.repeat(2, axis=0).repeat(2, axis=1)
    first, *others = prepared(module, pictures)
    filled = np.argwhere(first)
    assert (filled.max(0) - filled.min(0) + 1).max() == 20
    middle = (np.argwhere(first) * first[first > 0][:, None]).sum(0) / first.sum()
    assert np.abs(middle - 14).max() <= 0.5
    for other in others:
        assert np.abs(first - other).max() <= 1


# The page


def opened(visit, viewport=WIDE):
    """The chapter, with the view in sight."""
    page = visit(PAGE, viewport)
    page.locator(".digits .paper").scroll_into_view_if_needed()
    return page


def on_paper(page, stroke) -> list[tuple[float, float]]:
    """Points of the drawing field, from shares of its sides."""
    box = page.locator(".digits .paper").bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]


def read_as_a_seven(page) -> None:
    """By the teacher and by the student."""
    page.wait_for_function(
        """() => [...document.querySelectorAll(".digits .best")].slice(0, 2)
            .every(({ innerText }) => innerText === "7")"""
    )


def scores(page, count: int) -> list[int]:
    """How many of `count` pictures teacher, student and control have read rightly."""
    texts = page.locator(".digits .score")
    texts.filter(has_text=f"of {count} right").nth(2).wait_for()
    return [int(text.split()[0]) for text in texts.all_inner_texts()]


def test_drawing_with_the_mouse(visit):
    page = opened(visit)
    # A test digit stands there to begin with.
    page.wait_for_function("document.querySelectorAll('.digits .best').length === 3")
    first, *others = on_paper(page, [(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)])
    page.mouse.move(*first)
    page.mouse.down()
    for point in others:
        page.mouse.move(*point, steps=8)
    page.mouse.up()
    read_as_a_seven(page)
    meant = page.get_by_role("group", name="Which digit did you draw?").get_by_role("button")
    meant.nth(7).click()
    assert scores(page, 1)[:2] == [1, 1]
    meant.nth(1).click()  # a slip is put right, not counted twice
    page.wait_for_function("document.querySelector('.digits .score').innerText[0] === '0'")
    assert scores(page, 1) == [0, 0, 0]
    near = page.locator(".digits .near li")
    assert sum("7" in called for called in near.all_inner_texts()) >= 4
    spoken = re.compile("Teacher: .* Student: .* Control: ")
    page.locator(".digits [role=status]", has_text=spoken).wait_for(state="attached")


def test_drawing_with_a_finger(visit):
    page = opened(visit, PHONE)
    send = page.context.new_cdp_session(page).send
    stroke = [(0.3, 0.2), (0.5, 0.2), (0.7, 0.2), (0.6, 0.5), (0.45, 0.85)]  # a seven, downwards
    points = [[{"x": x, "y": y}] for x, y in on_paper(page, stroke)]
    scrolled = page.evaluate("scrollY")
    send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for kind, at in zip(["Start", *["Move"] * 4, "End"], [*points, []], strict=True):
        send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": at})
    page.get_by_role("img", name="drawing field: your drawing").wait_for()
    assert page.evaluate("scrollY") == scrolled, "the page scrolled under the finger"
    read_as_a_seven(page)
