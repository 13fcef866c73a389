// What the views of the plane share. Python joins this file with plane.js above and a view below.

export const SLICE = 8; // milliseconds of work between two frames
const PART = 0.4; // of a view, is a good part
// Of the two classes, as in printed squares: each can be told from both themes' paper, and from a
// region of either class, which is TINT of its colour over the paper.
const COLOURS = ["#2f8f5b", "#cf4f93"], TINT = 0.2;
// Only a page of the book keeps the state in its address: elsewhere it is not ours.
const OURS = globalThis.document?.documentElement.dataset.content_root !== undefined;

/** Make the address a link to this state. */
export function remember(state) {
  if (!OURS) return;
  const asked = new URLSearchParams(location.search);
  for (const name in state) asked.set(name, state[name]);
  history.replaceState(history.state, "", `?${asked}${location.hash}`);
}

/** The seed that an address asks for, or `other` where that makes no sense. */
export function seedIn(asked, other) {
  const seed = Number(asked.get("seed") ?? NaN);
  return Number.isInteger(seed) && seed >= 0 && seed < 2 ** 28 ? seed : other;
}

/** Call `work` in a frame after each `wake`, while the view is seen; paint when its look changes.
 *
 * `again` is called when it comes into sight, with whether a good part of it is. */
export function whileSeen(el, work, again, paint) {
  const gone = new AbortController();
  let inView = false, frame = 0;
  const visible = () => inView && document.visibilityState === "visible";
  const watch = new IntersectionObserver((seen) => {
    const last = seen[seen.length - 1];
    inView = last.isIntersecting;
    again(last.intersectionRatio >= PART);
  }, { threshold: [0, PART] });
  const fit = new ResizeObserver(paint);
  const theme = new MutationObserver(() => setTimeout(paint, 100)); // Jupyter hides all meanwhile
  const attributeFilter = ["data-theme", "data-jp-theme-light", "theme"]; // of page, Jupyter, Colab
  watch.observe(el);
  fit.observe(el);
  theme.observe(document, { attributeFilter, subtree: true });
  document.addEventListener("visibilitychange", () => again(false), { signal: gone.signal });
  return {
    visible,
    wake() {
      if (frame || !visible()) return;
      frame = requestAnimationFrame(() => {
        frame = 0;
        work();
      });
    },
    stop() {
      gone.abort();
      for (const each of [watch, fit, theme]) each.disconnect();
      cancelAnimationFrame(frame);
    },
  };
}

export function dot(pen, x, y, label, size, hollow) {
  pen.beginPath();
  if (label) pen.rect(x - 0.9 * size, y - 0.9 * size, 1.8 * size, 1.8 * size);
  else pen.arc(x, y, size, 0, 7);
  pen.lineWidth = hollow ? 2 : 1;
  pen.fillStyle = hollow ? pen.paper : COLOURS[label];
  pen.strokeStyle = hollow ? COLOURS[label] : pen.paper;
  pen.fill();
  pen.stroke();
}

export function line(pen, colour, width, ...ends) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.beginPath();
  for (let i = 0; i < ends.length; i += 2) pen[i % 4 ? "lineTo" : "moveTo"](ends[i], ends[i + 1]);
  pen.stroke();
}

/** A canvas as sharp as the screen; returns its pen, in CSS pixels, and its size.
 *
 * The pen knows the page's `ink` and `paper`, which are others in dark mode. */
export function prepare(canvas) {
  const dense = window.devicePixelRatio || 1, { clientWidth: w, clientHeight: h } = canvas;
  const [across, down] = [Math.round(w * dense), Math.round(h * dense)];
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  const pen = canvas.getContext("2d");
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, w, h);
  const { color, backgroundColor } = getComputedStyle(canvas);
  return [Object.assign(pen, { ink: color, paper: backgroundColor }), w, h];
}

export const tile = () => new OffscreenCanvas(SIDE, SIDE).getContext("2d");

export function paintRegions(pen, size, tiles, classes) {
  const pixels = (tiles.pixels ??= tiles.createImageData(SIDE, SIDE));
  for (let i = 0; i < classes.length; i++) {
    const down = SIDE - 1 - Math.floor(i / SIDE), at = 4 * (down * SIDE + (i % SIDE));
    const colour = parseInt(COLOURS[classes[i]].slice(1), 16);
    for (let c = 0; c < 3; c++) pixels.data[at + c] = (colour >> (16 - 8 * c)) & 255;
    pixels.data[at + 3] = 255 * TINT;
  }
  tiles.putImageData(pixels, 0, 0);
  pen.drawImage(tiles.canvas, 0, 0, size, size);
}

/** Hatch the cells where two maps differ. */
export function paintDifference(pen, size, first, second) {
  const cell = size / SIDE;
  pen.save();
  pen.beginPath();
  for (let i = 0; i < first.length; i++) {
    if (first[i] === second[i]) continue;
    pen.rect((i % SIDE) * cell, (SIDE - 1 - Math.floor(i / SIDE)) * cell, cell, cell);
  }
  pen.clip();
  pen.globalAlpha = 0.55;
  const ends = [];
  for (let at = 0; at < 2 * size; at += 7) ends.push(at, 0, at - size, size);
  line(pen, pen.ink, 1, ...ends);
  pen.restore();
}

/** Where margins, given at the centres of the cells, change their sign: a dashed line. */
export function paintBorder(pen, size, margins) {
  const cell = size / SIDE, ends = [];
  const place = (x, y) => [(x + 0.5) * cell, (SIDE - 0.5 - y) * cell];
  for (let y = 0; y + 1 < SIDE; y++) {
    for (let x = 0; x + 1 < SIDE; x++) {
      const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]], crossed = [];
      corners.forEach(([u, v], k) => {
        const [s, t] = corners[(k + 1) % 4], a = margins[v * SIDE + u], b = margins[t * SIDE + s];
        if (a > 0 === b > 0) return;
        const share = a / (a - b);
        crossed.push(...place(u + share * (s - u), v + share * (t - v)));
      });
      ends.push(...crossed);
    }
  }
  line(pen, pen.paper, 4, ...ends);
  pen.setLineDash([0.6 * cell, 0.4 * cell]);
  line(pen, pen.ink, 2, ...ends);
  pen.setLineDash([]);
}
