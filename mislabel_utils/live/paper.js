// What the views that read a drawing share: the field to draw on, a drawing made ready as MNIST's
// digits were, what ten probabilities say in words. Python joins this file with a view's own.

export const FIELD = 28; // pixels of a network's image in each direction, as in MNIST
const BOX = 20; // of these, what a digit fills
const PAPER = 280; // pixels of the drawing field in each direction
const PEN = 22;

/** An element with attributes and children; `onclick` and the like are properties. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made && name !== "role") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export const button = (text, onclick, more) =>
  element("button", { type: "button", onclick, ...more }, text);

/** The places of the `count` highest of some numbers, highest first. */
export const highest = (numbers, count) =>
  [...numbers.keys()].sort((a, b) => numbers[b] - numbers[a]).slice(0, count);

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

const named = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

export const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** What ten probabilities say, in a few words. */
export function words(probabilities) {
  const [best, second] = highest(probabilities, 2);
  if (probabilities[best] >= 0.9) return `This is ${named(best)}.`;
  if (probabilities[best] >= 0.5) return `Probably ${named(best)}.`;
  return `${capital(named(best))}? Or ${named(second)}?`;
}

export function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = powers.reduce((sum, power) => sum + power);
  return powers.map((power) => power / total);
}

// ---------------------------------------------------------------- drawing field

/**
 * A field to draw on. `begun` is called before a stroke, `changed` after each change of the ink.
 *
 * `node` is for the page; `image()` gives what is drawn as 28 x 28 pixels, null without ink.
 */
export function drawingField(changed, begun = () => {}) {
  const paper = element("canvas", { width: PAPER, height: PAPER, className: "paper", role: "img" });
  const hint = element("span", { className: "hint", "aria-hidden": "true" }, "draw your own here");
  const context = paper.getContext("2d", { willReadFrequently: true });
  let pen = null;

  function line({ offsetX, offsetY }) {
    const scale = PAPER / paper.clientWidth;
    const point = [offsetX * scale, offsetY * scale];
    context.beginPath();
    context.moveTo(...(pen.at ?? point));
    context.lineTo(...point); // where it stands still, this is a dot
    context.stroke();
    pen.at = point;
  }
  const lift = (event) => event.pointerId === pen?.id && (pen = null);
  const moves = {
    pointerdown(event) {
      if (pen || event.button) return;
      pen = { id: event.pointerId };
      paper.setPointerCapture(pen.id);
      begun();
      line(event);
      changed();
    },
    pointermove(event) {
      if (event.pointerId !== pen?.id) return;
      for (const each of [...(event.getCoalescedEvents?.() ?? []), event]) line(each);
      changed();
    },
    pointerup: lift,
    pointercancel: lift,
  };
  for (const [name, move] of Object.entries(moves)) paper.addEventListener(name, move);
  Object.assign(context, { lineWidth: PEN, lineCap: "round", lineJoin: "round" });

  return {
    node: element("div", { className: "field" }, paper, hint),
    clear: () => context.clearRect(0, 0, PAPER, PAPER),
    show: (pixels) => paint(paper, pixels),
    /** What is on it, in words. */
    describe(what) {
      paper.setAttribute("aria-label", `drawing field: ${what}`);
      hint.hidden = what === "your drawing";
    },
    image: () => normalise(ink(paper), PAPER),
  };
}
