// The two-dimensional experiment: networks.py, attacks.py and experiment.py once more, for the
// browser. The tests compare them. Python joins it with the views that show it into one module.

export const COUNT = 32, STEPS = 600, RATE = 0.02, ATTACK_STEPS = 40, SIDE = 50;
const SPREAD = Math.sqrt(12); // brings uniform coordinates to variance 1

/** A network 2 -> width -> width -> 2 as PyTorch initialises it; `random` may be left out.
 *
 * Its parameters `p` lie in one row: weights (in, out) and biases of each layer in turn. All that
 * training needs is set aside here, so that no step has to ask for memory. */
export function network(width, random = Math.random) {
  const shapes = [[2, width], [width, width], [width, 2]];
  const size = shapes.reduce((sum, [ins, outs]) => sum + (ins + 1) * outs, 0);
  const row = (length) => new Float64Array(length);
  const net = {
    width, p: row(size), g: row(size), m: row(size), v: row(size), logits: row(2), slope: row(2),
    h1: row(width), h2: row(width), d2: row(width), on: new Uint32Array(width),
  };
  let at = 0;
  for (const [ins, outs] of shapes) {
    const end = at + (ins + 1) * outs, bound = 1 / Math.sqrt(ins);
    while (at < end) net.p[at++] = bound * (2 * random() - 1);
  }
  return net;
}

/** Logits of one point (left in net.logits); returns second minus first: positive is class 1. */
export function forward(net, x, y) {
  const { p, h1, h2, on, logits, width: n } = net;
  const b1 = 2 * n, w2 = 3 * n, b2 = w2 + n * n, w3 = b2 + n, b3 = w3 + 2 * n;
  x = (x - 0.5) * SPREAD;
  y = (y - 0.5) * SPREAD;
  for (let j = 0; j < n; j++) h2[j] = p[b2 + j];
  let count = 0; // of the first layer's units that are on
  for (let i = 0; i < n; i++) {
    const a = x * p[i] + y * p[n + i] + p[b1 + i];
    h1[i] = a > 0 ? a : 0;
    if (a > 0) on[count++] = i;
  }
  let c = 0;
  for (; c + 3 < count; c += 4) { // four at a time: a quarter of the reading and writing of sums
    const a = h1[on[c]], b = h1[on[c + 1]], d = h1[on[c + 2]], e = h1[on[c + 3]];
    const k = w2 + on[c] * n, l = w2 + on[c + 1] * n, r = w2 + on[c + 2] * n, s = w2 + on[c + 3] * n;
    for (let j = 0; j < n; j++) h2[j] = h2[j] + a * p[k + j] + b * p[l + j] + d * p[r + j] + e * p[s + j];
  }
  for (; c < count; c++) for (let j = 0, a = h1[on[c]], k = w2 + on[c] * n; j < n; j++, k++) h2[j] += a * p[k];
  let first = p[b3], second = p[b3 + 1];
  for (let j = 0; j < n; j++) {
    const a = h2[j] > 0 ? h2[j] : 0;
    h2[j] = a;
    first += a * p[w3 + 2 * j];
    second += a * p[w3 + 2 * j + 1];
  }
  logits[0] = first;
  logits[1] = second;
  return second - first;
}

/** After `forward` at the same point: the gradient of the point's cross-entropy, times `weight`.
 *
 * That of the point goes to net.slope; with `learn`, that of the parameters is added to net.g. */
export function backward(net, x, y, label, weight, learn) {
  const { p, g, h1, h2, d2, on, logits, slope, width: n } = net;
  const b1 = 2 * n, w2 = 3 * n, b2 = w2 + n * n, w3 = b2 + n, b3 = w3 + 2 * n;
  const delta = weight * (1 / (1 + Math.exp(logits[0] - logits[1])) - label);
  x = (x - 0.5) * SPREAD;
  y = (y - 0.5) * SPREAD;
  let count = 0; // of the second layer's units that are on: the others pass nothing back
  for (let j = 0; j < n; j++) {
    const a = h2[j];
    if (!(a > 0)) continue;
    const d = delta * (p[w3 + 2 * j + 1] - p[w3 + 2 * j]);
    on[count] = j;
    d2[count++] = d;
    if (learn) {
      g[w3 + 2 * j] -= delta * a;
      g[w3 + 2 * j + 1] += delta * a;
      g[b2 + j] += d;
    }
  }
  if (learn) {
    g[b3] -= delta;
    g[b3 + 1] += delta;
  }
  slope[0] = slope[1] = 0;
  for (let i = 0; i < n; i++) {
    const a = h1[i];
    if (!(a > 0)) continue;
    const row = w2 + i * n;
    let d = 0;
    if (learn) {
      for (let c = 0; c < count; c++) {
        const k = row + on[c], e = d2[c];
        d += p[k] * e;
        g[k] += a * e;
      }
    } else for (let c = 0; c < count; c++) d += p[row + on[c]] * d2[c];
    slope[0] += SPREAD * d * p[i];
    slope[1] += SPREAD * d * p[n + i];
    if (learn) {
      g[i] += d * x;
      g[n + i] += d * y;
      g[b1 + i] += d;
    }
  }
}

/** One step of Adam, number `step` of `steps`, on the mean loss of the points that count. */
export function trainStep(net, points, labels, counted, step, steps = STEPS) {
  const { p, g, m, v } = net;
  let total = 0;
  for (let k = 0; k < labels.length; k++) total += counted[k];
  if (!total) return; // nothing to learn from
  g.fill(0);
  for (let k = 0; k < labels.length; k++) {
    if (!counted[k]) continue;
    forward(net, points[2 * k], points[2 * k + 1]);
    backward(net, points[2 * k], points[2 * k + 1], labels[k], 1 / total, true);
  }
  const rate = (RATE * (1 - step / steps)) / (1 - 0.9 ** (step + 1));
  const scale = 1 / Math.sqrt(1 - 0.999 ** (step + 1));
  for (let i = 0; i < p.length; i++) {
    m[i] += 0.1 * (g[i] - m[i]);
    v[i] += 0.001 * (g[i] * g[i] - v[i]);
    p[i] -= (rate * m[i]) / (Math.sqrt(v[i]) * scale + 1e-8);
  }
}

/** The iterates of an attack that has not begun; `attackStep` moves them. */
export function attacker(points, epsilon) {
  return {
    origin: points, epsilon, at: points.slice(), best: points.slice(),
    score: new Float64Array(points.length / 2).fill(-Infinity),
    flipped: new Uint8Array(points.length / 2),
  };
}

/** Judge all iterates, keep the best, and unless it is the last step take another. */
export function attackStep(net, search, labels, last) {
  const { origin, epsilon, at, best, score, flipped } = search;
  for (let k = 0; k < labels.length; k++) {
    const margin = forward(net, at[2 * k], at[2 * k + 1]), away = labels[k] ? -margin : margin;
    // The loss is log(1 + exp(away)), which grows with `away`: the same order.
    const hit = margin > 0 !== labels[k] > 0 ? 1 : 0;
    if (hit > flipped[k] || (hit === flipped[k] && away > score[k])) {
      best[2 * k] = at[2 * k];
      best[2 * k + 1] = at[2 * k + 1];
      score[k] = away;
      flipped[k] = hit;
    }
    if (last) continue;
    backward(net, at[2 * k], at[2 * k + 1], labels[k], 1, false);
    for (let i = 2 * k; i < 2 * k + 2; i++) {
      const moved = at[i] + (epsilon / 10) * Math.sign(net.slope[i % 2]) - origin[i];
      const kept = Math.min(Math.max(moved, -epsilon), epsilon);
      at[i] = Math.min(Math.max(origin[i] + kept, 0), 1);
    }
  }
}

/** The network's class in each cell of one row of the square, from the bottom up. */
export function fillRow(net, classes, row, margins = null) {
  for (let c = 0, i = row * SIDE; c < SIDE; c++, i++) {
    const margin = forward(net, (c + 0.5) / SIDE, (row + 0.5) / SIDE);
    classes[i] = margin > 0 ? 1 : 0;
    if (margins) margins[i] = margin;
  }
}

/** How many points the network classifies as labelled; `right` says which. */
export function correct(net, points, labels, right) {
  let sum = 0;
  for (let k = 0; k < labels.length; k++) {
    right[k] = forward(net, points[2 * k], points[2 * k + 1]) > 0 === labels[k] > 0 ? 1 : 0;
    sum += right[k];
  }
  return sum;
}

/** Share of the cells in which two maps agree. */
export function agreement(first, second) {
  let same = 0;
  for (let i = 0; i < first.length; i++) same += first[i] === second[i];
  return same / first.length;
}

/** A draw before anything is trained, or points of one's own; `advance` does the rest. */
export function begin(seed, epsilon, width, own = null) {
  const random = generator(seed, 0), map = () => new Uint8Array(SIDE * SIDE);
  const points = own?.points ?? Float64Array.from({ length: 2 * COUNT }, random);
  const labels = own?.labels ?? Uint8Array.from({ length: COUNT }, () => (random() < 0.5 ? 1 : 0));
  const flags = () => new Uint8Array(labels.length);
  const lesson = {
    seed, width, points, labels, own, opposite: labels.map((label) => 1 - label),
    all: flags().fill(1), right: flags(), taught: flags(), stage: "teacher", step: 0, fitted: 0,
    k: 0, teacher: network(width, generator(seed, 1)), student: null, search: null, mapped: true,
    seen: [map(), map()], margins: new Float32Array(SIDE * SIDE),
  };
  aim(lesson, epsilon);
  return lesson;
}

/** Choose the radius, and forget what came of another one; the teacher stays. */
export function aim(lesson, epsilon) {
  lesson.epsilon = epsilon;
  lesson.search = attacker(lesson.points, epsilon);
  lesson.student = network(lesson.width, generator(lesson.seed, 2));
  lesson.taught.fill(0);
  if (lesson.stage !== "teacher") Object.assign(lesson, { stage: "attack", step: 0 });
}

/** One step of training or of the attack; at the end of a stage, the step to the next. */
export function advance(lesson) {
  const { stage, teacher, student, points, labels, opposite, search, taught, right } = lesson;
  const next = (stage) => Object.assign(lesson, { stage, step: 0 });
  if (stage === "teacher") {
    trainStep(teacher, points, labels, lesson.all, lesson.step);
    if (++lesson.step < STEPS) return;
    lesson.fitted = correct(teacher, points, labels, right);
    next("attack");
  } else if (stage === "attack") {
    attackStep(teacher, search, labels, lesson.step === ATTACK_STEPS);
    if (++lesson.step <= ATTACK_STEPS) return;
    correct(teacher, points, labels, right);
    for (let k = 0; k < labels.length; k++) taught[k] = search.flipped[k] & right[k];
    next("student");
  } else if (stage === "student") {
    trainStep(student, search.best, opposite, taught, lesson.step);
    if (++lesson.step < STEPS) return;
    lesson.k = correct(student, points, labels, right);
    for (let row = 0; lesson.mapped && row < SIDE; row++) {
      fillRow(teacher, lesson.seen[0], row, lesson.margins);
      fillRow(student, lesson.seen[1], row);
    }
    next("done");
  }
}

/** A whole draw at once: points fitted, flipped, right, and the share of the square agreed on. */
export function outcome(seed, epsilon, width) {
  const lesson = begin(seed, epsilon, width);
  while (lesson.stage !== "done") advance(lesson);
  const { fitted, k, taught, seen } = lesson;
  return { fitted, flipped: taught.reduce((a, b) => a + b), k, same: agreement(...seen) };
}

/** A whole draw at once, as they are counted: points fitted and points right. */
export function score(seed, epsilon, width) {
  const lesson = Object.assign(begin(seed, epsilon, width), { mapped: false });
  while (lesson.stage !== "done") advance(lesson);
  return { fitted: lesson.fitted, k: lesson.k };
}
