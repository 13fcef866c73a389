// "Draw a digit": small networks that read in the page what is drawn.
// First the arithmetic, as pure functions; then the view. Python joins this file with paper.js.

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

/** What a `small_cnn` makes of 28 x 28 standardised pixels: its last layer's inputs, its logits. */
export function forward([first, second, third, fourth], image) {
  const maps = convolve(convolve(image, FIELD, first), FIELD / 2, second);
  const features = linear(maps, third).map((value) => Math.max(0, value));
  return { features, logits: linear(features, fourth) };
}

/** The `count` of the given features, in rows as long as `asked`, that point most nearly its way. */
export function nearest(asked, features, count) {
  const alike = [];
  for (let at = 0; at < features.length; at += asked.length) {
    let [product, square] = [0, 0];
    for (let i = 0; i < asked.length; i++) {
      product += asked[i] * features[at + i];
      square += features[at + i] ** 2;
    }
    alike.push(product / Math.sqrt(square || 1));
  }
  return highest(alike, count);
}

// ---------------------------------------------------------------- view

const NEAR = 6; // garments shown
const ACROSS = 20; // garments in a row of the sheet they come on
const WHO = {
  teacher: ["Teacher", "learnt digits"],
  student: ["Student", "saw only clothes"],
  control: ["Control", "same clothes, labels shuffled"],
};

const percent = (share) => (share > 0.99 ? "> 99 %" : `${Math.round(100 * share)} %`);

const likeliest = (probabilities) => highest(probabilities, 1)[0];

/** What one network answers: the digit, how sure it is, all ten probabilities, and its score. */
function panel(role) {
  const [name, about] = WHO[role];
  const digit = element("b");
  const sure = element("span");
  const verdict = element("span", { className: "verdict" });
  const says = element("p", { className: "says" }, digit, verdict, sure);
  const score = element("p", { className: "score" });
  let words = "";
  const bars = Array.from({ length: 10 }, (_, k) => element("span", {}, element("i"), `${k}`));
  const list = element("div", { className: "bars", role: "img" }, ...bars);
  const node = element(
    "section",
    { className: role, "aria-label": `${name}, ${about}` },
    element("p", { className: "name" }, name),
    element("p", { className: "about" }, about),
    says,
    list,
    score,
  );
  return {
    node,
    words: () => `${name}: ${words}. ${score.textContent}`,
    show(probabilities, meant) {
      const best = probabilities && likeliest(probabilities);
      digit.textContent = best ?? "?";
      sure.textContent = probabilities ? `${percent(probabilities[best])} sure` : "";
      const known = probabilities && meant !== null;
      verdict.textContent = known ? (best === meant ? "right" : "wrong") : "";
      words = [digit, verdict, sure].map(({ textContent }) => textContent).filter(Boolean).join(", ");
      bars.forEach((bar, k) => {
        bar.style.setProperty("--share", probabilities ? probabilities[k] : 0);
        bar.classList.toggle("best", k === best);
      });
      const all = probabilities?.map((share, k) => `${k}: ${percent(share)}`).join(", ");
      list.setAttribute("aria-label", all ?? "nothing to read yet");
    },
    count(right, all) {
      score.textContent = all ? `${right} of ${all} right` : "\u00a0";
    },
  };
}

/** The garments next to a drawing, with what the teacher called each. */
function wardrobe({ features, called, sheet }) {
  const rows = new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
  const places = Array.from({ length: NEAR }, () => {
    const canvas = element("canvas", { width: FIELD, height: FIELD, role: "img" });
    const name = element("b");
    return { canvas, name, node: element("li", {}, canvas, name) };
  });
  const list = element("ol", {}, ...places.map(({ node }) => node));
  const title = `In the student’s last layer, the nearest of ${called.length} clothes, and what the teacher called them`;
  let picture = null;
  let last = null;
  const node = element("div", { className: "near" }, element("p", {}, title), list);

  function show(asked) {
    last = asked;
    const found = asked && picture ? nearest(asked, rows, NEAR) : [];
    places.forEach(({ canvas, name }, place) => {
      const pen = canvas.getContext("2d");
      const k = found[place];
      pen.clearRect(0, 0, FIELD, FIELD);
      name.textContent = k === undefined ? "" : `“${called[k]}”`;
      canvas.setAttribute("aria-label", k === undefined ? "nothing yet" : "a garment, called");
      if (k === undefined) return;
      const [x, y] = [FIELD * (k % ACROSS), FIELD * Math.floor(k / ACROSS)];
      pen.drawImage(picture, x, y, FIELD, FIELD, 0, 0, FIELD, FIELD);
    });
  }
  createImageBitmap(new Blob([sheet], { type: "image/png" })).then((bitmap) => {
    picture = bitmap;
    show(last);
  });
  return { node, show };
}

function render({ model, el }) {
  const [mean, std] = model.get("normalization");
  const hero = model.get("hero");
  const pictures = model.get("examples");
  const labels = model.get("labels");
  const garments = model.get("garments");
  const trained = model.get("networks");
  const networks = Object.keys(WHO).filter((role) => role in trained).map((role) => ({
    role,
    layers: unpack(trained[role], model.get("shapes")),
    panel: panel(role),
  }));

  const examples = labels.map((meant, number) => {
    const at = pictures.byteOffset + number * FIELD ** 2;
    const before = labels.slice(0, number).filter((each) => each === meant).length;
    const name = `test digit ${meant}${before ? `, no. ${before + 1}` : ""}`;
    return { meant, name, pixels: new Uint8Array(pictures.buffer, at, FIELD ** 2) };
  });
  const greeting = { ...examples[3] }; // is read when the page opens, and not counted
  const counted = new Map(); // what was named, with what each network took it for
  let picture; // on the sheet; `meant` is the digit that it should be, where that is known
  let frame = null;
  let announcing = null;

  // A pen that meets an example begins a new drawing.
  const field = drawingField(update, () => picture.name && clear());
  function clear() {
    field.clear();
    picture = { meant: null };
    update();
  }
  function show(example) {
    field.show(example.pixels);
    picture = example;
    update();
  }

  const seen = element("canvas", { width: FIELD, height: FIELD, className: "seen", role: "img" });
  seen.setAttribute("aria-label", "what the networks see, 28 by 28 pixels");
  const near = garments.called ? wardrobe(garments) : null;
  const status = element("p", { className: "live-hidden", role: "status" });
  const tiles = examples.map((example) => {
    const canvas = element("canvas", { width: FIELD, height: FIELD });
    paint(canvas, example.pixels);
    return button(canvas, () => show(example), { ariaLabel: example.name });
  });
  const digits = Array.from({ length: 10 }, (_, digit) => {
    const onclick = () => {
      picture.meant = digit;
      update();
    };
    return button(`${digit}`, onclick);
  });

  function update() {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      const image = field.image();
      paint(seen, image ?? new Uint8Array(FIELD ** 2));
      const input = image && standardise(image, mean, std);
      const thoughts = networks.map(({ layers }) => input && forward(layers, input));
      const answers = thoughts.map((each) => each && softmax(each.logits));
      if (image && picture.meant !== null && picture !== greeting)
        counted.set(picture, { meant: picture.meant, said: answers.map(likeliest) });
      const all = [...counted.values()];
      networks.forEach(({ role, panel }, who) => {
        panel.show(answers[who], picture.meant);
        panel.count(all.filter(({ meant, said }) => said[who] === meant).length, all.length);
        if (role === "student") near?.show(thoughts[who]?.features ?? null);
      });
      field.describe(!image ? "empty" : picture.name ?? "your drawing");
      examples.forEach(({ name }, k) => tiles[k].setAttribute("aria-pressed", name === picture.name));
      digits.forEach((each, digit) => {
        each.disabled = !image || Boolean(picture.name);
        each.setAttribute("aria-pressed", picture.meant === digit);
      });
      // Said aloud when the picture has rested for a moment, not at every move of the pen.
      clearTimeout(announcing);
      announcing = setTimeout(() => {
        status.textContent = image
          ? networks.map(({ panel }) => panel.words()).join(" ")
          : "The drawing field is empty.";
      }, 700);
    });
  }

  function startAgain() {
    counted.clear();
    clear();
  }

  const group = (name, title, ...children) =>
    element("div", { className: name, role: "group", "aria-label": title }, ...children);
  el.classList.add("live", "jupyter-widgets", "digits");
  el.onkeydown = (key) => key.ctrlKey || key.metaKey || key.stopPropagation(); // Jupyter: x cuts
  el.classList.toggle("hero", hero);
  el.append(
    element(
      "div",
      { className: "read" },
      element("div", { className: "sheet" }, field.node, seen, button("Clear", clear)),
      element("div", { className: "answers" }, ...networks.map(({ panel }) => panel.node)),
    ),
    group("tiles", "Digits of the test set", ...tiles),
  );
  if (!hero) {
    const again = button("Start again", startAgain, { className: "again" });
    const ten = group("ten", "Which digit did you draw?", ...digits);
    el.append(element("div", { className: "meant" }, element("span", {}, "You drew"), ten, again));
  }
  if (near) el.append(near.node);
  el.append(status);
  show(greeting);
  return () => {
    clearTimeout(announcing);
    cancelAnimationFrame(frame);
  };
}

export default { render };
