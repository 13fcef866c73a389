// "Draw a digit": two small networks that run in the page, and a field to draw on.
// First the arithmetic, as pure functions; then the view. Python joins this file with paper.js.

// ---------------------------------------------------------------- networks

/**
 * A network's layers from its bytes: for each layer a scale and a bias for every output, then
 * for each layer its weights in one byte each (see weights.py).
 */
export function unpack(bytes, shapes) {
  const outputs = shapes.map((shape) => shape[0]);
  const counts = shapes.map((shape) => shape.reduce((product, size) => product * size));
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  if (bytes.byteLength !== 8 * sum(outputs) + sum(counts))
    throw new Error(`A network of ${bytes.byteLength} bytes does not have the shapes it says.`);
  let at = 0;
  const floats = (count) =>
    Float32Array.from({ length: count }, () => bytes.getFloat32((at += 4) - 4, true));
  const layers = outputs.map((count) => ({ scale: floats(count), bias: floats(count) }));
  layers.forEach((layer, number) => {
    const inRow = counts[number] / outputs[number];
    layer.weight = Float32Array.from(
      { length: counts[number] },
      (_, i) => bytes.getInt8(at++) * layer.scale[Math.floor(i / inRow)],
    );
  });
  return layers;
}

/** Maps of side x side pixels with a border of zeros around each. */
function framed(input, side) {
  const wide = side + 2;
  const output = new Float32Array((input.length / side ** 2) * wide ** 2);
  for (let row = 0; row * side < input.length; row++) {
    const at = (row + 2 * Math.floor(row / side) + 1) * wide + 1;
    output.set(input.subarray(row * side, (row + 1) * side), at);
  }
  return output;
}

/** Convolution with 3 x 3 kernels; the largest of each 2 x 2 pixels; ReLU. */
export function convolve(input, side, { weight, bias }) {
  const channels = input.length / side ** 2;
  const wide = side + 2;
  const half = side / 2;
  const maps = framed(input, side);
  const output = new Float32Array(bias.length * half ** 2);
  const sums = new Float32Array(side ** 2);
  for (let map = 0; map < bias.length; map++) {
    sums.fill(bias[map]);
    for (let channel = 0; channel < channels; channel++) {
      const start = 9 * (map * channels + channel);
      const [a, b, c, d, e, f, g, h, i] = weight.subarray(start, start + 9);
      for (let y = 0, at = 0; y < side; y++) {
        let top = channel * wide ** 2 + y * wide;
        let mid = top + wide;
        let low = mid + wide;
        for (let x = 0; x < side; x++, at++, top++, mid++, low++) {
          sums[at] +=
            a * maps[top] + b * maps[top + 1] + c * maps[top + 2] +
            d * maps[mid] + e * maps[mid + 1] + f * maps[mid + 2] +
            g * maps[low] + h * maps[low + 1] + i * maps[low + 2];
        }
      }
    }
    for (let y = 0, at = map * half ** 2; y < side; y += 2) {
      for (let p = y * side; p < (y + 1) * side; p += 2, at++)
        output[at] = Math.max(0, sums[p], sums[p + 1], sums[p + side], sums[p + side + 1]);
    }
  }
  return output;
}

/** Weighted sums of all inputs. */
export function linear(input, { weight, bias }) {
  const output = new Float32Array(bias);
  for (let row = 0, at = 0; row < bias.length; row++) {
    let total = 0;
    for (let i = 0; i < input.length; i++, at++) total += weight[at] * input[i];
    output[row] += total;
  }
  return output;
}

/** The ten logits of a `small_cnn`, from 28 x 28 standardised pixels. */
export function forward([first, second, third, fourth], image) {
  const maps = convolve(convolve(image, FIELD, first), FIELD / 2, second);
  return linear(linear(maps, third).map((value) => Math.max(0, value)), fourth);
}

// ---------------------------------------------------------------- view

/** Name, words and bars of one network. */
function panel(name, about) {
  const says = element("p", { className: "says" });
  const rows = Array.from({ length: 10 }, (_, digit) =>
    element("li", {}, element("b", {}, `${digit}`), element("i"), element("span")),
  );
  const node = element(
    "section",
    { className: name, "aria-label": `what the ${name} thinks` },
    element("h4", {}, capital(name)),
    element("p", { className: "live-quiet" }, about),
    says,
    element("ol", {}, ...rows),
  );
  const show = (probabilities) => {
    says.textContent = probabilities ? words(probabilities) : "…";
    const best = probabilities && Math.max(...probabilities);
    rows.forEach((row, digit) => {
      const share = probabilities ? probabilities[digit] : 0;
      row.style.setProperty("--share", share);
      row.classList.toggle("best", share > 0 && share === best);
      row.lastChild.textContent = probabilities ? `${Math.round(100 * share)} %` : "";
    });
  };
  return { node, show };
}

function render({ model, el }) {
  const [mean, std] = model.get("normalization");
  const networks = ["teacher", "student"].map((name) => ({
    layers: unpack(model.get(name), model.get("shapes")),
    panel: panel(name, name === "teacher" ? "knows digits" : "knows only clothes"),
  }));
  const pictures = model.get("examples");
  const labels = model.get("labels");

  // The picture on the paper: `key` tells it from others, `example` is its number among the
  // examples, `meant` what it should be. `counted` holds the pictures that were named.
  const drawing = () => ({ key: Symbol("drawing"), example: null, meant: null });
  let picture;
  let counted;
  let frame = null;
  let announcing = null;

  // Who adds to an example makes a drawing of their own.
  const field = drawingField(update, () => picture.example && (picture = drawing()));
  const seen = element("canvas", { width: FIELD, height: FIELD, className: "seen", role: "img" });
  const status = element("p", { className: "live-hidden", role: "status" });
  const tally = element("p", { className: "tally" });

  const examples = labels.map((label, number) => {
    const pixels = new Uint8Array(pictures.buffer, pictures.byteOffset + number * FIELD ** 2, FIELD ** 2);
    const thumbnail = element("canvas", { width: FIELD, height: FIELD });
    paint(thumbnail, pixels);
    const before = labels.slice(0, number).filter((each) => each === label).length;
    const name = `example ${label}${before ? `, no. ${before + 1}` : ""}`;
    const onclick = () => {
      picture = { key: name, example: name, meant: label };
      field.show(pixels);
      update();
    };
    return element("button", { type: "button", "aria-label": name, onclick }, thumbnail);
  });
  const digits = Array.from({ length: 10 }, (_, digit) => {
    const onclick = () => {
      picture.meant = digit;
      update();
    };
    return element("button", { type: "button", onclick }, `${digit}`);
  });

  function clear() {
    field.clear();
    picture = drawing();
    update();
  }

  function startAgain() {
    counted = new Map();
    clear();
  }

  function showTally() {
    const all = [...counted.values()];
    const right = (who) => all.filter(({ meant, said }) => said[who] === meant).length;
    const times = all.length === 1 ? "time" : "times";
    tally.textContent = all.length
      ? `The student, which has seen only clothes, agrees with you ${right(1)} of ${all.length} ` +
        `${times}; the teacher, ${right(0)} of ${all.length}.`
      : "Say which digit you drew, or choose an example, and the counting begins.";
  }

  function update() {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      const image = field.image();
      paint(seen, image ?? new Uint8Array(FIELD ** 2));
      const input = image && standardise(image, mean, std);
      const thoughts = networks.map(({ layers, panel }) => {
        const probabilities = input && softmax(forward(layers, input));
        panel.show(probabilities);
        return probabilities;
      });
      if (image && picture.meant !== null) {
        const said = thoughts.map((each) => each.indexOf(Math.max(...each)));
        counted.set(picture.key, { meant: picture.meant, said });
      }
      const what = !image ? "empty" : picture.example ?? "your drawing";
      field.describe(what);
      seen.setAttribute("aria-label", `what the networks see, 28 by 28 pixels: ${what}`);
      digits.forEach((button, digit) => {
        button.disabled = !image || Boolean(picture.example);
        button.setAttribute("aria-pressed", picture.meant === digit);
      });
      showTally();
      // Said aloud when the picture has rested for a moment, not at every move of the pen.
      clearTimeout(announcing);
      announcing = setTimeout(() => {
        status.textContent = image
          ? `Teacher: ${words(thoughts[0])} Student: ${words(thoughts[1])} ${tally.textContent}`
          : "The drawing field is empty.";
      }, 700);
    });
  }

  const button = (text, onclick) => element("button", { type: "button", onclick }, text);
  const group = (name, title, ...children) =>
    element("div", { className: name, role: "group", "aria-label": title }, ...children);
  el.classList.add("live", "jupyter-widgets", "digits");
  el.append(
    element(
      "div",
      { className: "top" },
      element(
        "div",
        { className: "drawing" },
        field.node,
        element("div", { className: "beside" }, seen, element("small", {}, "what they see: 28 × 28 pixels"), button("Clear", clear)),
      ),
      ...networks.map((network) => network.panel.node),
    ),
    element("p", { className: "ask" }, "Which digit did you draw?"),
    group("ten", "Which digit did you draw?", ...digits),
    element("p", { className: "ask" }, "Or let them read a digit of the test set:"),
    group("ten", "Examples of the test set", ...examples),
    element("div", { className: "count" }, tally, button("Start again", startAgain)),
    status,
  );
  startAgain();
  return () => {
    clearTimeout(announcing);
    cancelAnimationFrame(frame);
  };
}

export default { render };
