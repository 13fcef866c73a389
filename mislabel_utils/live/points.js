// Points that a reader moves, adds, takes away, or gives the other label: by pointer and by keyboard.

const NUDGE = 0.02, FEWEST = 2, MANY = 64;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const CLASSES = ["green circle", "pink square"];

export const markSize = (size) => Math.max(3.5, size / 55);

/** Points and labels, one of them changed: `k` moved to a place, swapped, or left out; or one more. */
export const edits = {
  move: ({ points, labels }, k, x, y) => {
    const moved = points.slice();
    [x, y].forEach((value, i) => (moved[2 * k + i] = Math.min(Math.max(value, 0), 1)));
    return { points: moved, labels };
  },
  swap: ({ points, labels }, k) => ({ points, labels: labels.map((label, i) => (i === k ? 1 - label : label)) }),
  drop: ({ points, labels }, k) => labels.length <= FEWEST ? { points, labels } : {
    points: points.filter((_, i) => Math.floor(i / 2) !== k), labels: labels.filter((_, i) => i !== k),
  },
  add: ({ points, labels }, x, y, label) => labels.length >= MANY ? { points, labels } : {
    points: Float64Array.of(...points, x, y), labels: Uint8Array.of(...labels, label),
  },
};

const toss = () => (Math.random() < 0.5 ? 1 : 0);

/** Let a canvas be pointed at; `change` gets points and labels that are others now. */
export function pointing({ canvas, lesson, look, say, change }) {
  let over = null, focus = null, held = null;

  const place = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return [(clientX - box.left) / box.width, 1 - (clientY - box.top) / box.height];
  };
  /** The point near a place of the square: where it is drawn, or where it came from. */
  function near([x, y], pixels) {
    const { points, labels, search, stage } = lesson(), reach = pixels / canvas.clientWidth;
    const drawn = stage === "teacher" ? points : stage === "attack" ? search.at : search.best;
    let best = null, least = reach;
    for (const row of [points, drawn]) {
      for (let k = 0; k < labels.length; k++) {
        const away = Math.hypot(row[2 * k] - x, row[2 * k + 1] - y);
        if (away < least) [best, least] = [k, away];
      }
    }
    return best;
  }
  const reach = ({ pointerType }) => (pointerType === "mouse" ? 12 : 20);

  canvas.addEventListener("pointerdown", (event) => {
    if (held || event.button) return;
    held = { id: event.pointerId, k: near(place(event), reach(event)), from: place(event), moved: false };
    if (held.k !== null && event.pointerType === "mouse") canvas.setPointerCapture(held.id);
    over = held.k;
    look();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== held?.id) {
      const found = near(place(event), reach(event));
      canvas.style.cursor = found === null ? "copy" : "grab";
      if (found !== over) {
        over = found;
        look();
      }
      return;
    }
    const [x, y] = place(event), far = Math.hypot(x - held.from[0], y - held.from[1]);
    held.moved ||= far * canvas.clientWidth > 4;
    if (held.moved && held.k !== null) change(edits.move(lesson(), held.k, x, y), false);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (event.pointerId !== held?.id) return;
    const { k, moved } = held, [x, y] = place(event);
    held = null;
    if (moved && k !== null) change(edits.move(lesson(), k, x, y), true);
    else if (!moved && k !== null) change(edits.swap(lesson(), k), true);
    else if (!moved) change(edits.add(lesson(), x, y, toss()), true);
  });
  const leave = () => {
    held = over = null;
    look();
  };
  canvas.addEventListener("pointercancel", leave);
  canvas.addEventListener("pointerleave", () => held || leave());
  // A finger on a point moves the point, elsewhere the page.
  canvas.addEventListener("touchmove", (event) => {
    if (held && held.k !== null) event.preventDefault();
  }, { passive: false });

  const tell = () => {
    const { points, labels } = lesson(), at = [0, 1].map((i) => Math.round(100 * points[2 * focus + i]));
    say(`Point ${focus + 1} of ${labels.length}: ${CLASSES[labels[focus]]} at ${at.join(", ")}.`);
  };
  canvas.addEventListener("focus", () => {
    if (!canvas.matches(":focus-visible")) return;
    focus ??= 0;
    tell();
    look();
  });
  canvas.addEventListener("blur", () => {
    focus = null;
    look();
  });
  canvas.addEventListener("keydown", (event) => {
    const { points, labels } = lesson(), arrow = ARROWS[event.key];
    focus = Math.min(focus ?? 0, labels.length - 1);
    const [x, y] = points.slice(2 * focus, 2 * focus + 2);
    if (arrow && event.shiftKey) {
      change(edits.move(lesson(), focus, x + NUDGE * arrow[0], y + NUDGE * arrow[1]), true);
    } else if (arrow) {
      // The next point that way: what lies aside counts double.
      let least = Infinity, next = focus;
      for (let k = 0; k < labels.length; k++) {
        const [u, v] = [points[2 * k] - x, points[2 * k + 1] - y], along = u * arrow[0] + v * arrow[1];
        const far = along + 2 * Math.abs(u * arrow[1] + v * arrow[0]);
        if (k !== focus && along > 0 && far < least) [least, next] = [far, k];
      }
      focus = next;
    } else if (event.key === "Enter" || event.key === " ") change(edits.swap(lesson(), focus), true);
    else if (event.key === "Insert") {
      change(edits.add(lesson(), Math.random(), Math.random(), toss()), true);
      focus = labels.length; // the new one
    }
    else if (event.key === "Delete") change(edits.drop(lesson(), focus), true);
    else return;
    event.preventDefault();
    focus = Math.min(focus, lesson().labels.length - 1);
    tell();
    look();
  });
  return { chosen: () => (over ?? focus) < lesson().labels.length ? over ?? focus : null };
}

