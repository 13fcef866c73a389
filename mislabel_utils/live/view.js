// What the views of the plane share. Python joins this file with plane.js above and a view below.

export const SLICE = 8; // milliseconds of work between two frames
export const COLOURS = ["#0072B2", "#D55E00"], TINTS = [[0xcc, 0xe3, 0xf0], [0xf8, 0xdc, 0xc9]];
export const INK = "#222222";
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
 * `again` is called when it comes into sight. */
export function whileSeen(el, work, again, paint) {
  const gone = new AbortController();
  let inView = false, frame = 0;
  const visible = () => inView && document.visibilityState === "visible";
  const watch = new IntersectionObserver((seen) => {
    inView = seen[seen.length - 1].isIntersecting;
    again();
  });
  const fit = new ResizeObserver(paint), theme = new MutationObserver(paint);
  watch.observe(el);
  fit.observe(el);
  theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  document.addEventListener("visibilitychange", () => again(), { signal: gone.signal });
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
  pen.fillStyle = hollow ? "white" : COLOURS[label];
  pen.strokeStyle = hollow ? COLOURS[label] : "white";
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

/** A canvas as sharp as the screen; returns its pen, in CSS pixels, and its size. */
export function prepare(canvas) {
  const dense = window.devicePixelRatio || 1, { clientWidth: w, clientHeight: h } = canvas;
  const [across, down] = [Math.round(w * dense), Math.round(h * dense)];
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  const pen = canvas.getContext("2d");
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, w, h);
  return [pen, w, h];
}

export const tile = () => new OffscreenCanvas(SIDE, SIDE).getContext("2d");

export function paintRegions(pen, size, tiles, classes) {
  const pixels = (tiles.pixels ??= tiles.createImageData(SIDE, SIDE));
  for (let i = 0; i < classes.length; i++) {
    const down = SIDE - 1 - Math.floor(i / SIDE), at = 4 * (down * SIDE + (i % SIDE));
    const tint = TINTS[classes[i]];
    for (let c = 0; c < 3; c++) pixels.data[at + c] = tint[c];
    pixels.data[at + 3] = 255;
  }
  tiles.putImageData(pixels, 0, 0);
  pen.drawImage(tiles.canvas, 0, 0, size, size);
}
