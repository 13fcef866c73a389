"""Draw a digit: the networks in the page are the chapter's, and read what is drawn."""

import base64
import dataclasses
import re

import numpy as np
import pytest
import torch
from browsing import PHONE, WIDE

from mislabel_utils.learning import datasets, inference
from mislabel_utils.live import weights
from mislabel_utils.live.digits import DrawADigit, draw_a_digit, first_of_each
from mislabel_utils.recording.records import RecordError, Store
from mislabel_utils.recording.runs import Run

PAGE = "book/mnist_to_fashion.html"
RUNS = {"teacher": "351897a7206c", "student": "93affb1cfa67"}
MODULE = DrawADigit._esm
IMPORT = """
const load = (source) =>
  import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
const view = (text) =>
  new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
"""


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


@pytest.fixture
def page(browser):
    """An empty page."""
    opened = browser.new_page()
    yield opened
    opened.close()


def text(array: np.ndarray | bytes) -> str:
    return base64.b64encode(array if isinstance(array, bytes) else array.tobytes()).decode()


def held_out(split, count=100):
    """Positions in `split.images`: the last ten of each digit; the page's examples come first."""
    backwards = first_of_each(dataclasses.replace(split, index=split.index.flip(0)), count // 10)
    return len(split.index) - 1 - backwards


# The export


@pytest.mark.parametrize("name", RUNS)
def test_the_claimed_accuracy_is_that_of_the_export(networks, mnist_test, name):
    network = networks[name]
    recorded = Run(Store().find(RUNS[name])).record.metrics[mnist_test.key]
    assert (network.tested_on, network.images) == (mnist_test.key, 10_000)
    assert abs(network.accuracy - recorded) < 0.005  # rounding the weights costs next to nothing
    here = mnist_test.labels[mnist_test.index]
    found = inference.accuracy(inference.predict(network.network(), mnist_test), here)
    error = (network.accuracy * (1 - network.accuracy) / len(here)) ** 0.5
    assert abs(found - network.accuracy) < 3 * error


def test_an_export_comes_back_as_it_was_written(networks, runs, tmp_path):
    network = networks["teacher"]
    weights.write(network, tmp_path / "teacher.npz")
    again = weights.read(tmp_path / "teacher.npz", runs["teacher"])
    assert again.packed == network.packed and again.shapes == network.shapes
    assert dataclasses.replace(again, layers=()) == dataclasses.replace(network, layers=())


def test_a_damaged_export_says_what_to_do(networks, runs, tmp_path):
    network, path = networks["teacher"], tmp_path / "teacher.npz"
    weights.write(network, path)
    whole = path.read_bytes()
    torn = bytearray(whole)
    torn[len(torn) // 2] ^= 0xFF
    for broken in (b"", whole[: len(whole) // 2], bytes(torn)):
        path.write_bytes(broken)
        with pytest.raises(RecordError, match=r"damaged.*export_digits\.py teacher"):
            weights.read(path, runs["teacher"])
    weights.write(dataclasses.replace(network, layers=network.layers[:3]), path)
    with pytest.raises(RecordError, match="damaged"):
        weights.read(path, runs["teacher"])


def test_an_export_of_another_run_is_refused(networks, runs, tmp_path):
    weights.write(networks["teacher"], tmp_path / "teacher.npz")
    with pytest.raises(RecordError, match="is not that of student-own-s1000-93affb1cfa67"):
        weights.read(tmp_path / "teacher.npz", runs["student"])


def test_a_run_without_an_export_is_rounded_now(mnist_test):
    record = Store().find(RUNS["student"])
    stranger = dataclasses.replace(record, arm="stranger")  # no file has its name
    torch.manual_seed(0)
    network = weights.models.build("small_cnn", weights.SHAPE, weights.CLASSES, seed=0)
    made = weights.compact(Run(stranger, network), mnist_test)
    assert made.images == len(mnist_test.index)
    for before, after in zip(network.parameters(), made.network().parameters(), strict=True):
        step = before.flatten(1).abs().amax() / 127 if before.ndim > 1 else 0
        assert (before - after).abs().max() <= step / 2 + 1e-7


def test_the_examples_are_the_first_two_of_each_digit(networks, mnist_test):
    view = draw_a_digit(networks["teacher"], networks["student"], mnist_test)
    assert view.labels == 2 * list(range(10))
    shown = np.frombuffer(view.examples, np.uint8).reshape(20, 28, 28)
    labels = mnist_test.labels[mnist_test.index]
    for number, picture in enumerate(shown):
        of_digit = mnist_test.images[labels == number % 10]
        assert np.array_equal(picture, of_digit[number // 10, 0].numpy())


def test_two_networks_of_different_shape_are_refused(networks, mnist_test):
    shorter = dataclasses.replace(networks["student"], layers=networks["student"].layers[:3])
    with pytest.raises(ValueError, match="different layers"):
        draw_a_digit(networks["teacher"], shorter, mnist_test)


# The arithmetic in the browser


@pytest.mark.parametrize("name", RUNS)
def test_the_browser_computes_what_pytorch_computes(networks, mnist_test, page, name):
    network, rows = networks[name], held_out(mnist_test, 50)
    pictures = torch.cat(
        [
            mnist_test.images[rows],
            torch.randint(256, (50, 1, 28, 28), generator=torch.manual_seed(0)).byte(),
        ]
    )
    split = dataclasses.replace(mnist_test, images=pictures)
    expected = inference.outputs(network.network(), split.images, split.normalization).numpy()
    (mean,), (std,) = split.normalization.mean, split.normalization.std
    found = page.evaluate(
        f"""async ([source, bytes, shapes, pictures, mean, std]) => {{
            {IMPORT}
            const module = await load(source);
            const layers = module.unpack(view(bytes), shapes);
            const pixels = new Uint8Array(view(pictures).buffer);
            return Array.from({{ length: pixels.length / 784 }}, (_, i) => {{
                const image = pixels.subarray(784 * i, 784 * (i + 1));
                return [...module.forward(layers, module.standardise(image, mean, std))];
            }});
        }}""",
        [MODULE, text(network.packed), network.shapes, text(pictures.numpy()), mean, std],
    )
    assert np.shape(found) == (100, 10)
    assert np.abs(np.array(found) - expected).max() < 1e-4


def test_the_browser_refuses_half_a_network(networks, page):
    network = networks["teacher"]
    said = page.evaluate(
        f"""async ([source, bytes, shapes]) => {{
            {IMPORT}
            const module = await load(source);
            try {{ module.unpack(view(bytes), shapes); }} catch (error) {{ return error.message; }}
        }}""",
        [MODULE, text(network.packed[:-1]), network.shapes],
    )
    assert re.search("does not have the shapes", said)


def prepared(page, pictures: np.ndarray, painted: bool = False) -> np.ndarray:
    """Pictures uint8 (n, side, side) as the page hands them to the networks, (n, 28, 28).

    Either as they are or, if they are 28 x 28 pixels, painted on the drawing field first.
    """
    found = page.evaluate(
        f"""async ([source, pictures, side, painted]) => {{
            {IMPORT}
            const {{ normalise, paint, ink }} = await load(source);
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 280;
            const pixels = new Uint8Array(view(pictures).buffer);
            return Array.from({{ length: pixels.length / side ** 2 }}, (_, i) => {{
                const picture = pixels.subarray(side ** 2 * i, side ** 2 * (i + 1));
                if (!painted) return [...normalise(picture, side)];
                paint(canvas, picture);
                return [...normalise(ink(canvas), 280)];
            }});
        }}""",
        [MODULE, text(pictures), pictures.shape[-1], painted],
    )
    return np.array(found).reshape(-1, 28, 28)


def test_digits_of_mnist_are_prepared_already(mnist_test, page):
    pictures = mnist_test.images[held_out(mnist_test), 0].numpy()
    again = prepared(page, pictures, painted=True)
    # A centre of mass that lies between two pixels may be rounded the other way.
    assert (again == pictures).all((1, 2)).mean() >= 0.97


def test_size_and_place_of_a_drawing_do_not_matter(page):
    rows, columns = np.mgrid[:90, :60]
    seven = ((rows < 15) | (abs(columns - (60 - rows * 0.5)) < 8)).astype(np.uint8) * 255
    pictures = np.zeros((3, 280, 280), np.uint8)
    pictures[0, :90, :60] = seven
    pictures[1, 190:, 220:] = seven
    pictures[2, 50:230, 70:190] = seven.repeat(2, axis=0).repeat(2, axis=1)
    first, *others = prepared(page, pictures)
    filled = np.argwhere(first)
    assert (filled.max(0) - filled.min(0) + 1).max() == 20
    middle = (np.argwhere(first) * first[first > 0][:, None]).sum(0) / first.sum()
    assert np.abs(middle - 14).max() <= 0.5
    for other in others:
        assert np.abs(first - other).max() <= 1


# The page


@pytest.fixture
def drawing(visit):
    """Open the chapter, with the view in sight."""

    def open_page(viewport=WIDE):
        page = visit(PAGE, viewport)
        page.locator(".digits .paper").scroll_into_view_if_needed()
        return page

    yield open_page
    assert not visit.complaints, "\n".join(visit.complaints)


def shares(page) -> list[list[float]]:
    """The ten probabilities that the bars of teacher and student show."""
    return page.locator(".digits ol").evaluate_all(
        "lists => lists.map(list => [...list.children].map(row =>"
        " Number(row.style.getPropertyValue('--share'))))"
    )


def answered(page) -> None:
    page.wait_for_function("document.querySelectorAll('.digits li.best').length === 2")


def test_the_student_in_the_page_reads_digits(drawing, mnist_test):
    page, rows = drawing(PHONE), held_out(mnist_test)
    labels = mnist_test.labels[mnist_test.index][rows].tolist()
    # The page's own module and networks, in a second view with other examples.
    read = page.evaluate(
        f"""async ([examples, labels]) => {{
            {IMPORT}
            const kind = "application/vnd.jupyter.widget-state+json";
            const stored = JSON.parse(document.querySelector(`script[type="${{kind}}"]`).text);
            const model = Object.values(stored.state).find(({{ state }}) => "shapes" in state);
            const traits = {{ ...model.state }};
            for (const each of model.buffers) traits[each.path[0]] = view(each.data);
            Object.assign(traits, {{ examples: view(examples), labels }});
            const el = document.createElement("div");
            document.querySelector("article").append(el);
            const module = await load(traits._esm);
            module.default.render({{ model: {{ get: (name) => traits[name] }}, el }});
            const frame = () => new Promise(requestAnimationFrame);
            const read = [];
            for (const button of el.querySelectorAll("button[aria-label^=example]")) {{
                button.click();
                await frame();
                await frame();
                read.push([...el.querySelectorAll("li.best b")].map((b) => Number(b.textContent)));
            }}
            return [read, el.querySelector(".tally").textContent, document.body.scrollWidth];
        }}""",
        [text(mnist_test.images[rows].numpy()), labels],
    )
    pairs, tally, width = read
    assert len(pairs) == 100 and width <= PHONE["width"]
    teacher, student = (
        sum(said == label for said, label in zip(column, labels, strict=True))
        for column in zip(*pairs, strict=True)
    )
    assert student >= 90 and teacher >= 95
    assert f"agrees with you {student} of 100 times; the teacher, {teacher} of 100" in tally


def test_drawing_with_the_mouse(drawing):
    page = drawing()
    box = page.locator(".digits .paper").bounding_box()
    stroke = [(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)]  # a seven
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=8)
    page.mouse.up()
    answered(page)
    assert [sum(each) for each in shares(page)] == pytest.approx([1, 1])
    paper = page.get_by_role("img", name="drawing field")
    assert paper.get_attribute("aria-label") == "drawing field: your drawing"

    meant = page.get_by_role("group", name="Which digit did you draw?").get_by_role("button")
    meant.nth(7).click()
    counted = page.locator(".tally", has_text=re.compile(r"[01] of 1 time; the teacher, [01] of 1"))
    counted.wait_for()
    meant.nth(1).click()  # a slip is put right, not counted twice
    page.locator(".digits button[aria-pressed=true]", has_text="1").wait_for()
    counted.wait_for()
    status = page.locator(".digits [role=status]")
    status.filter(has_text=re.compile("Teacher: .* Student: ")).wait_for(state="attached")

    page.get_by_role("button", name="Clear").click()
    page.wait_for_function("!document.querySelector('.digits li.best')")
    assert shares(page) == [[0] * 10] * 2
    assert paper.get_attribute("aria-label") == "drawing field: empty"
    assert all(button.is_disabled() for button in meant.all())
    counted.wait_for()  # clearing the paper keeps the count
    page.get_by_role("button", name="Start again").click()
    page.locator(".tally", has_text="the counting begins").wait_for()


def test_examples_work_by_keyboard_and_count_themselves(drawing):
    page = drawing()
    for number, name in enumerate(("example 7", "example 3, no. 2", "example 7"), start=1):
        page.get_by_role("button", name=name, exact=True).focus()
        page.keyboard.press("Enter")
        answered(page)
        seen = page.get_by_role("img", name="what the networks see")
        page.get_by_role("img", name=re.compile(f"28 by 28 pixels: {name}$")).wait_for()
        counted = min(number, 2)  # an example that comes again is not counted again
        tally = re.compile(rf"agrees with you \d of {counted} times?;")
        page.locator(".tally", has_text=tally).wait_for()
        assert seen.evaluate("canvas => canvas.width === 28 && canvas.height === 28")


@pytest.mark.parametrize("kind", ["touch", "pen"])
def test_drawing_with_a_finger_and_with_a_pen(drawing, kind):
    page = drawing(PHONE)
    send = page.context.new_cdp_session(page).send
    box = page.locator(".digits .paper").bounding_box()
    stroke = [(0.3, 0.2), (0.5, 0.2), (0.7, 0.2), (0.6, 0.5), (0.45, 0.85)]  # a seven, downwards
    points = [
        {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in stroke
    ]
    scrolled = page.evaluate("scrollY")
    if kind == "touch":
        send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
        for point in points[1:]:
            send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    else:
        pressed = {"button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen"}
        send("Input.dispatchMouseEvent", {"type": "mousePressed"} | points[0] | pressed)
        for point in points[1:]:
            send("Input.dispatchMouseEvent", {"type": "mouseMoved"} | point | pressed)
        send("Input.dispatchMouseEvent", {"type": "mouseReleased"} | points[-1] | pressed)
    answered(page)
    assert page.evaluate("scrollY") == scrolled, "the page scrolled under the finger"
    ink = page.evaluate(
        """() => {
            const paper = document.querySelector(".digits .paper");
            const { data } = paper.getContext("2d").getImageData(0, 0, paper.width, paper.height);
            const levels = data.filter((_, place) => place % 4 === 3);
            return levels.filter((level) => level !== levels[0]).length;
        }"""
    )
    assert ink > 500, "a dot only"
