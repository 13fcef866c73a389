// "Draw a digit": two small networks that run in the page, and a field to draw on.
// First the arithmetic, as pure functions; then the view.

const FIELD = 28; // pixels of a network's image in each direction, as in MNIST
const BOX = 20; // of these, what a digit fills
const PAPER = 280; // pixels of the drawing field in each direction
const PEN = 22;

// ---------------------------------------------------------------- networks

/**
 * A network's layers from its bytes: for each layer a scale and a bias for every output, then
 * for each layer its weights in one byte each (see digits_weights.py).
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

export function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = powers.reduce((sum, power) => sum + power);
  return powers.map((power) => power / total);
}

// ---------------------------------------------------------------- pictures

/** Rows of `side` values to rows of 28, each the mean over the `unit` values it covers; turned. */
function squeezed(values, side, start, unit) {
  const rows = values.length / side;
  const result = new Float32Array(FIELD * rows);
  for (let i = 0; i < FIELD; i++) {
    const from = start + i * unit;
    const to = from + unit;
    for (let s = Math.max(0, Math.floor(from)); s < Math.min(side, to); s++) {
      const share = (Math.min(to, s + 1) - Math.max(from, s)) / unit;
      for (let row = 0; row < rows; row++)
        result[i * rows + row] += share * values[row * side + s];
    }
  }
  return result;
}

/** First and last index and mean of the places that have a value. */
function extent(values) {
  let [first, last, total, moment] = [-1, -1, 0, 0];
  values.forEach((value, at) => {
    if (!value) return;
    if (first < 0) first = at;
    last = at;
    total += value;
    moment += value * at;
  });
  return { first, size: last + 1 - first, mean: moment / total };
}

/**
 * A picture of side x side pixels (0 no ink, 255 all ink) as MNIST's digits were prepared
 * (LeCun et al. 1998): scaled to fit 20 x 20 pixels, its proportions kept, and moved by whole
 * pixels until its centre of mass lies in the middle of 28 x 28. Null where there is no ink.
 */
export function normalise(ink, side) {
  const columns = new Float64Array(side);
  const rows = new Float64Array(side);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++, i++) {
      columns[x] += ink[i];
      rows[y] += ink[i];
    }
  }
  const box = [extent(columns), extent(rows)];
  if (box[0].first < 0) return null;
  const unit = Math.max(box[0].size, box[1].size) / BOX; // of its pixels, for one of the field's
  const [left, top] = box.map(({ first, size, mean }) => {
    // MNIST's middle is the centre of pixel 14, counted from 0.
    const wanted = Math.round(FIELD / 2 + 0.5 - (mean + 0.5 - first) / unit);
    const room = Math.floor(FIELD - size / unit); // nothing may be cut off
    return first - Math.min(Math.max(wanted, 0), room) * unit;
  });
  const field = squeezed(squeezed(ink, side, left, unit), side, top, unit);
  return Uint8ClampedArray.from(field); // rounds
}

/** Pixels 0 to 255 as a network wants them. */
export function standardise(pixels, mean, std) {
  return Float32Array.from(pixels, (pixel) => (pixel / 255 - mean) / std);
}

/** Paint 28 x 28 pixels all over a canvas, as ink. */
export function paint(canvas, pixels) {
  const small = document.createElement("canvas");
  small.width = small.height = FIELD;
  const image = new ImageData(FIELD, FIELD);
  pixels.forEach((pixel, i) => (image.data[4 * i + 3] = pixel));
  small.getContext("2d").putImageData(image, 0, 0);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
}

/** How much ink there is on each pixel of a canvas, 0 to 255. */
export function ink(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return new Uint8Array(data.length / 4).map((_, i) => data[4 * i + 3]);
}

// ---------------------------------------------------------------- words

const named = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** What ten probabilities say, in a few words. */
export function words(probabilities) {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const [best, second] = order;
  if (probabilities[best] >= 0.9) return `This is ${named(best)}.`;
  if (probabilities[best] >= 0.5) return `Probably ${named(best)}.`;
  return `${capital(named(best))}? Or ${named(second)}?`;
}

// ---------------------------------------------------------------- view

/** An element with attributes and children; `onclick` and the like are properties. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made && name !== "role") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

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
  let pen = null;
  let frame = null;
  let announcing = null;

  const paper = element("canvas", { width: PAPER, height: PAPER, className: "paper", role: "img" });
  const context = paper.getContext("2d", { willReadFrequently: true });
  const seen = element("canvas", { width: FIELD, height: FIELD, className: "seen", role: "img" });
  const hint = element("span", { className: "hint", "aria-hidden": "true" }, "draw here");
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
      paint(paper, pixels);
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
    context.clearRect(0, 0, PAPER, PAPER);
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
      const image = normalise(ink(paper), PAPER);
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
      paper.setAttribute("aria-label", `drawing field: ${what}`);
      seen.setAttribute("aria-label", `what the networks see, 28 by 28 pixels: ${what}`);
      hint.hidden = Boolean(image);
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

  function line({ offsetX, offsetY }) {
    const scale = PAPER / paper.clientWidth;
    const point = [offsetX * scale, offsetY * scale];
    context.beginPath();
    context.moveTo(...(pen.at ?? point));
    context.lineTo(...point); // where it stands still, this is a dot
    context.stroke();
    pen.at = point;
  }
  const moves = {
    pointerdown(event) {
      if (pen || event.button) return;
      pen = { id: event.pointerId };
      paper.setPointerCapture(pen.id);
      // Who adds to an example makes a drawing of their own.
      if (picture.example) picture = drawing();
      line(event);
      update();
    },
    pointermove(event) {
      if (event.pointerId !== pen?.id) return;
      for (const each of [...(event.getCoalescedEvents?.() ?? []), event]) line(each);
      update();
    },
    pointerup: (event) => event.pointerId === pen?.id && (pen = null),
    pointercancel: (event) => event.pointerId === pen?.id && (pen = null),
  };
  for (const [name, move] of Object.entries(moves)) paper.addEventListener(name, move);
  Object.assign(context, { lineWidth: PEN, lineCap: "round", lineJoin: "round" });

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
        element("div", { className: "field" }, paper, hint),
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
