// Which mistakes a student is shown: plane/mistakes.py once more, for the browser, and its view.
// plane.js and view.js stand above it in the same module.

export const POINTS = 200, FRESH = 1000, HIDDEN = 16, HEIGHT = 0.15, WAVES = 2, LEARN = 200;
export const CHOICES = {
  steps: ["20", "60", "200", "600"],
  kept: ["all", "confident", "timid"],
  labels: ["teacher", "true"],
};
const FIRST = { seed: 0, steps: "60", kept: "all", labels: "teacher" };
// One change each to the plain experiment, which comes first.
const PRESETS = [
  ["Nothing but mistakes", {}],
  ["Tell it the truth", { labels: "true" }],
  ["Only confident mistakes", { kept: "confident" }],
  ["A teacher that knows more", { steps: "600" }],
];
const GROUPS = {
  steps: ["Teacher’s steps", ["20", "60", "200", "600"]],
  kept: ["Mistakes", ["all", "surest fifth", "least sure fifth"]],
  labels: ["Labels", ["the teacher’s", "true"]],
};
const buttons = (name, texts) =>
  texts.map((text, k) => `<button data-${name}="${k}">${text}</button>`).join("");
const side = (name, words) => `
  <div><p class="count ${name}">${words}<b></b></p>
    <canvas role="img" aria-label="A square in two colours"></canvas><p class="under"></p></div>`;
const FRAME = `
  <div class="presets" role="group" aria-label="Experiments">
    ${buttons("preset", PRESETS.map(([words]) => words))}</div>
  <div class="pair">${side("labels", "labels right")}${side("student", "student right")}</div>
  <p role="status"></p>
  <p class="live-quiet">Line: the true border. Filled: what the student learns, in the colour of its
    label. Hollow: the teacher’s other mistakes.</p>
  <div class="live-row">${Object.entries(GROUPS).map(([name, [title, texts]]) => `
    <div class="segments" role="group" aria-label="${title}"><span>${title}</span>
      <div>${buttons(name, texts)}</div></div>`).join("")}
    <button data-do="draw">New square</button></div>`;

/** What the address asks for, or the start where it asks for nothing that makes sense. */
export function choiceIn(query) {
  const asked = new URLSearchParams(query), found = { seed: seedIn(asked, FIRST.seed) };
  for (const name in CHOICES) {
    const value = asked.get(name);
    found[name] = CHOICES[name].includes(value) ? value : FIRST[name];
  }
  return found;
}

/** The height of the border at a place along it, both from the middle of the square. */
const wave = (along, start) => HEIGHT * Math.sin(2 * Math.PI * WAVES * along + start);

/** The true class of a point, where the border is turned and starts by angles. */
export function truth([turn, start], x, y) {
  const c = Math.cos(turn), s = Math.sin(turn), u = x - 0.5, v = y - 0.5;
  return v * c - u * s > wave(u * c + v * s, start) ? 1 : 0;
}

/** The mistakes that are kept: all, or the fifth with the largest or the smallest margins. */
export function chosen(wrong, margins, which) {
  if (which === "all") return Uint8Array.from(wrong);
  const rows = [...wrong.keys()].filter((k) => wrong[k]), sign = which === "timid" ? 1 : -1;
  rows.sort((a, b) => sign * (margins[a] - margins[b]));
  const kept = new Uint8Array(wrong.length), count = Math.max(1, Math.floor(rows.length / 5));
  for (const k of rows.slice(0, count)) kept[k] = 1;
  return kept;
}

/** A draw: the border, the teacher's points and fresh ones, and two networks, all untrained. */
export function pose(seed) {
  const random = generator(seed, 0), border = [0, 1].map(() => 2 * Math.PI * random());
  const scatter = (count) => Float64Array.from({ length: 2 * count }, random);
  const classes = (points) => Uint8Array.from(
    { length: points.length / 2 }, (_, k) => truth(border, points[2 * k], points[2 * k + 1]));
  const points = scatter(POINTS), fresh = scatter(FRESH), map = () => new Uint8Array(SIDE * SIDE);
  const centre = (i) => (i + 0.5) / SIDE;
  return {
    seed, border, points, fresh, labels: classes(points), right: classes(fresh),
    all: new Uint8Array(POINTS).fill(1), teacher: network(HIDDEN, generator(seed, 1)),
    student: null, kept: null, said: null, wrong: null, margins: null, shown: null,
    seen: [map(), map()],
    real: map().map((_, i) => truth(border, centre(i % SIDE), centre(Math.floor(i / SIDE)))),
  };
}

/** Train the teacher; hands the turn back after each step. */
export function* teach(lesson, steps) {
  for (let step = 0; step < steps; step++) {
    trainStep(lesson.teacher, lesson.points, lesson.labels, lesson.all, step, steps);
    yield step + 1;
  }
  const { fresh, right } = lesson;
  lesson.margins = Float64Array.from(right, (_, k) =>
    forward(lesson.teacher, fresh[2 * k], fresh[2 * k + 1]));
  lesson.said = Uint8Array.from(lesson.margins, (margin) => (margin > 0 ? 1 : 0));
  lesson.wrong = lesson.said.map((answer, k) => (answer !== right[k] ? 1 : 0));
}

/** Choose mistakes, and train a new student on them; hands the turn back after each step. */
export function* learn(lesson, which, whose) {
  lesson.kept = chosen(lesson.wrong, lesson.margins.map(Math.abs), which);
  lesson.shown = whose === "true" ? lesson.right : lesson.said;
  lesson.student = network(HIDDEN, generator(lesson.seed, 2));
  for (let step = 0; step < LEARN; step++) {
    trainStep(lesson.student, lesson.fresh, lesson.shown, lesson.kept, step, LEARN);
    yield step + 1;
  }
}

function fill(net, classes) {
  for (let row = 0; row < SIDE; row++) fillRow(net, classes, row);
}

/** The figures under the pictures: what is right and what agrees, of all cells of the square. */
export function tallied(lesson) {
  const { teacher, student, seen, real, wrong, kept, shown, right } = lesson, sum = (a, b) => a + b;
  fill(teacher, seen[0]);
  fill(student, seen[1]);
  return {
    teacher: agreement(seen[0], real), mistakes: wrong.reduce(sum), kept: kept.reduce(sum),
    true: kept.reduce((count, each, k) => count + (each && shown[k] === right[k]), 0),
    agree: agreement(...seen), right: agreement(seen[1], real),
  };
}

function paintWave(pen, size, [turn, start]) {
  const c = Math.cos(turn), s = Math.sin(turn);
  for (const [colour, width] of [[pen.paper, 4.5], [pen.ink, 2]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    for (let along = -0.75; along <= 0.75; along += 0.01) {
      const across = wave(along, start);
      pen.lineTo((0.5 + along * c - across * s) * size, (0.5 - along * s - across * c) * size);
    }
    pen.stroke();
  }
}

function paintSide(canvas, tiles, lesson, side, ready) {
  const [pen, size] = prepare(canvas), { fresh, wrong, kept, shown } = lesson;
  if (ready) paintRegions(pen, size, tiles, lesson.seen[side]);
  paintWave(pen, size, lesson.border);
  if (!kept) return;
  const mark = Math.max(2, size / (side ? 140 : 110));
  for (const solid of side ? [1] : [0, 1]) { // what is kept lies above what is not
    for (let k = 0; k < FRESH; k++) {
      if (!wrong[k] || kept[k] !== solid) continue;
      dot(pen, fresh[2 * k] * size, (1 - fresh[2 * k + 1]) * size, shown[k], mark, !solid);
    }
  }
}

const percent = (share) => `${Math.round(100 * share)} %`;

function render({ el }) {
  el.classList.add("live", "jupyter-widgets", "plane", "mistakes");
  el.onkeydown = (key) => key.ctrlKey || key.metaKey || key.stopPropagation(); // Jupyter: x cuts
  el.innerHTML = FRAME;
  const find = (what) => el.querySelector(what), captions = el.querySelectorAll(".under");
  const canvases = [...el.querySelectorAll("canvas")], tiles = [tile(), tile()];
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let state = OURS ? choiceIn(location.search) : { ...FIRST };
  let lesson, work, stage, step;

  function restart(opened) {
    if (!opened) remember(state);
    find("[role=status]").textContent = ""; // until there is something to say of this choice
    for (const [choice, values, chosen] of controls()) {
      el.querySelectorAll(`[data-${choice}]`).forEach((each, k) => {
        each.ariaPressed = chosen(values[k]);
      });
    }
    const same = lesson?.margins && lesson.seed === state.seed && lesson.steps === state.steps;
    if (same) return study();
    lesson = Object.assign(pose(state.seed), { steps: state.steps });
    [stage, step, work] = ["teacher", 0, teach(lesson, Number(state.steps))];
    show();
  }

  function study() {
    [stage, step, work] = ["student", 0, learn(lesson, state.kept, state.labels)];
    show();
  }

  function tick() {
    const end = performance.now() + SLICE;
    let turn = { done: false };
    while (!turn.done && performance.now() < end) {
      turn = work.next();
      step = turn.value ?? step;
    }
    if (!turn.done) {
      if (!calm.matches) show();
      return sight.wake();
    }
    if (stage === "teacher") {
      study();
      return sight.wake();
    }
    stage = "done";
    show();
  }

  function show() {
    const done = stage === "done", { teacher, student, seen } = lesson;
    const told = done ? (lesson.told = tallied(lesson)) : null;
    if (!done) fill(stage === "teacher" ? teacher : student ?? teacher, seen[stage === "teacher" ? 0 : 1]);
    paint();
    find(".labels b").textContent = told ? percent(told.true / told.kept) : "…";
    find(".student b").textContent = told ? percent(told.right) : "…";
    captions[0].textContent = stage === "teacher" ? `Teacher: step ${step} of ${state.steps}`
      : done ? `Teacher, right on ${percent(told.teacher)} of the square` : "Teacher";
    captions[1].textContent = stage === "teacher" ? "Student: waits"
      : done ? `Student, like the teacher on ${percent(told.agree)}` : `Student: step ${step} of ${LEARN}`;
    if (!done) return;
    find("[role=status]").textContent =
      `Square ${state.seed}: of ${FRESH.toLocaleString("en")} new points the teacher gets ${told.mistakes} wrong. Taught ` +
      `${told.kept === told.mistakes ? "these" : `${told.kept} of these`}, with ${told.true ? "their true" : "the teacher’s"} labels, the student ` +
      `is right on ${percent(told.right)} of the square.`;
    canvases[0].ariaLabel = `The teacher's two regions, right on ${percent(told.teacher)} of the ` +
      `square, the true border as a line, and ${told.kept} mistakes that are kept.`;
    canvases[1].ariaLabel = `The student's two regions and the true border: right on ` +
      `${percent(told.right)}, like the teacher on ${percent(told.agree)}.`;
  }

  function paint() {
    paintSide(canvases[0], tiles[0], lesson, 0, true);
    paintSide(canvases[1], tiles[1], lesson, 1, stage !== "teacher");
  }

  /** The rows of buttons: name, what each button asks for, and whether that is chosen. */
  function controls() {
    const presets = PRESETS.map(([, changes]) => ({ ...FIRST, ...changes, seed: state.seed }));
    const same = (asked) => Object.keys(FIRST).every((name) => asked[name] === state[name]);
    return [
      ["preset", presets, same],
      ...Object.entries(CHOICES).map(([name, values]) =>
        [name, values.map((value) => ({ ...state, [name]: value })), same]),
    ];
  }

  const again = () => { if (stage !== "done") sight.wake(); };
  el.onclick = ({ target }) => {
    const asked = target.closest("button")?.dataset;
    if (!asked) return;
    if (asked.do) state = { ...state, seed: state.seed + 1 };
    for (const [choice, values] of controls()) if (choice in asked) state = values[asked[choice]];
    restart();
    again();
  };
  restart(true);
  const sight = whileSeen(el, tick, again, paint);
  return () => sight.stop();
}

export default { render };
