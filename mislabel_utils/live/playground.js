// The view of the two-dimensional experiment; plane.js, view.js, draws.js and points.js stand above it
// in the module.

const START = { seed: 23, radius: 0.12, width: 64 }; // the median draw: see Playground.first_draw
const PACE = { teacher: 5, attack: 0.4, student: 5, done: 0 }; // steps a frame, to be watched
const WIDTHS = [32, 64];
const STAGES = { teacher: "Teacher learns", attack: "Attack", student: "Student learns" };
const LENGTHS = { teacher: STEPS, attack: ATTACK_STEPS + 1, student: STEPS };
const KEYS = "Arrow keys choose a point, with Shift they move it, Enter swaps its label, " +
  "Insert adds one, Delete takes it away.";
const count = (name, words) => `<p class="count ${name}">${words}<b></b></p>`;
const MARKUP = `
  <ol class="stages">${Object.values(STAGES).map((name) => `<li>${name}</li>`).join("")}</ol>
  <div class="counters">${count("flipped", "points flipped")}${count("student", "student right")}
    ${count("same", "same answer")}</div>
  <div class="pair">
    <div><canvas tabindex="0" role="application"></canvas>
      <p class="under">Teacher. Drag a point, click to swap its label or to add one.</p>
      <p class="under keys">${KEYS}</p></div>
    <div><canvas role="img"></canvas>
      <p class="under">Student. Dashed: the teacher’s border. Hatched: the two disagree.</p></div>
  </div>
  <p role="status"></p>
  <div class="live-row">
    <button data-do="play">Play</button> <button data-do="step">Step</button>
    <button data-do="points">New points</button> <button data-do="toss">Toss labels</button>
    <button data-do="reset">Reset</button>
  </div>
  <div class="live-row">
    <label>radius <input type="range" min="0" max="0.3" step="0.01"> <span></span></label>
    <div class="segments" role="group" aria-label="width"><span>width</span><div>
      ${WIDTHS.map((width) => `<button data-width="${width}">${width}</button>`).join("")}</div></div>
  </div>
  <div class="draws"><div class="live-row"><button></button><p class="live-numbers"></p></div>
    <progress max="1" value="0" aria-label="draws that are done"></progress>
    <canvas role="img"></canvas><p class="live-quiet live-numbers"></p></div>`;

/** What the address asks for, or the start where it asks for nothing that makes sense. */
export function fromAddress(query) {
  const asked = new URLSearchParams(query), number = (name) => Number(asked.get(name) ?? NaN);
  const radius = number("radius"), width = number("width");
  return {
    seed: seedIn(asked, START.seed),
    radius: radius >= 0 && radius <= 0.3 ? radius : START.radius,
    width: width === 32 || width === 64 ? width : START.width,
  };
}

/** Left: the teacher's regions, the points on their way, and the ball of one of them. */
function paintTeacher(canvas, tiles, lesson, chosen) {
  const [pen, size] = prepare(canvas), { points, labels, search, stage, taught, epsilon } = lesson;
  paintRegions(pen, size, tiles, lesson.seen[0]);
  const after = stage === "student" || stage === "done", mark = markSize(size);
  const away = stage === "teacher" ? points : after ? search.best : search.at;
  if (chosen !== null) {
    const [x, y] = [points[2 * chosen] - epsilon, 1 - points[2 * chosen + 1] - epsilon];
    for (const [colour, width] of [[pen.paper, 4], [pen.ink, 1.7]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.strokeRect(x * size, y * size, 2 * epsilon * size, 2 * epsilon * size);
    }
  }
  for (let k = 0; k < labels.length; k++) {
    const [x, y] = [points[2 * k] * size, (1 - points[2 * k + 1]) * size];
    if (after && !taught[k]) {
      dot(pen, x, y, labels[k], mark, true);
      continue;
    }
    const [u, v] = [away[2 * k] * size, (1 - away[2 * k + 1]) * size];
    if (u !== x || v !== y) line(pen, pen.ink, 1.2, x, y, u, v);
    const crossed = forward(lesson.teacher, away[2 * k], away[2 * k + 1]) > 0 ? 1 : 0;
    dot(pen, u, v, stage === "teacher" ? labels[k] : crossed, mark, false);
  }
}

/** Right: the student's regions, what it is taught, and at the end the original points. */
function paintStudent(canvas, tiles, lesson) {
  const [pen, size] = prepare(canvas), { points, labels, opposite, search, stage, right } = lesson;
  const done = stage === "done", mark = markSize(size);
  if (stage !== "student" && !done) return;
  paintRegions(pen, size, tiles, lesson.seen[1]);
  paintDifference(pen, size, ...lesson.seen);
  paintBorder(pen, size, lesson.margins);
  for (let k = 0; k < labels.length; k++) {
    if (!done && !lesson.taught[k]) continue;
    const from = done ? points : search.best;
    const [x, y] = [from[2 * k] * size, (1 - from[2 * k + 1]) * size], r = 2 * mark;
    const cross = [x - r, y - r, x + r, y + r, x - r, y + r, x + r, y - r];
    if (done && !right[k]) line(pen, pen.paper, 5, ...cross);
    dot(pen, x, y, done ? labels[k] : opposite[k], mark, false);
    if (done && !right[k]) line(pen, pen.ink, 1.7, ...cross);
  }
}

function render({ model, el }) {
  el.classList.add("live", "jupyter-widgets", "plane", "playground");
  el.onkeydown = (key) => key.ctrlKey || key.metaKey || key.stopPropagation(); // Jupyter: x cuts
  el.innerHTML = MARKUP;
  const find = (what) => el.querySelector(what), button = (name) => find(`[data-do=${name}]`);
  const [left, rightside] = el.querySelectorAll("canvas"), tiles = [tile(), tile()];
  const stages = el.querySelectorAll(".stages li"), range = find("input");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let state = OURS ? fromAddress(location.search) : { ...START };
  let lesson, stage, playing = false, due = 0, row = 0, fresh = true;

  /** Begin anew: from nothing, with points of the reader's own, or with the teacher that is there. */
  function restart({ own = null, keepTeacher = false } = {}) {
    const opened = !lesson, seen = lesson?.seen; // pictures of before stay until there are others
    if (keepTeacher) aim(lesson, state.radius);
    else lesson = begin(state.seed, state.radius, state.width, own);
    if (seen) lesson.seen = seen;
    stage = lesson.stage;
    range.value = state.radius;
    range.nextElementSibling.textContent = state.radius.toFixed(2);
    for (const each of el.querySelectorAll("[data-width]"))
      each.ariaPressed = Number(each.dataset.width) === state.width;
    if (!opened) remember(state);
    due = 0;
    if (keepTeacher) say("Another radius: the same teacher is attacked again.");
    else say(`${lesson.own ? "Your points" : `Draw ${state.seed}`}: nothing is trained yet.`);
    draws.aim(state.radius, state.width);
    if (opened) refresh();
    else paint();
    draws.show();
  }

  function say(words) {
    const status = find("[role=status]");
    if (status.textContent !== words) status.textContent = words;
  }

  function refresh() { // everything at once: when something was changed by hand
    for (let r = 0; r < SIDE; r++) rows(r);
    paint();
  }

  function rows(r) {
    fillRow(lesson.teacher, lesson.seen[0], r, lesson.margins);
    fillRow(lesson.student, lesson.seen[1], r);
  }

  function paint() {
    const { step, fitted, k, seen, taught, labels, search } = lesson, before = stage;
    stage = lesson.stage;
    const after = stage === "student", done = stage === "done", all = labels.length;
    paintTeacher(left, tiles[0], lesson, hand.chosen());
    paintStudent(rightside, tiles[1], lesson);
    const sum = (a, b) => a + b, flips = (after || done ? taught : search.flipped).reduce(sum);
    const now = after ? correct(lesson.student, lesson.points, labels, lesson.right) : k;
    const order = Object.keys(STAGES), at = done ? order.length : order.indexOf(stage);
    stages.forEach((each, i) => {
      const share = i < at ? 1 : i > at ? 0 : step / LENGTHS[stage];
      each.style.setProperty("--share", share);
      if (i === at) each.ariaCurrent = "step";
      else each.removeAttribute("aria-current");
    });
    const values = {
      flipped: stage === "teacher" ? "–" : `${flips} of ${all}`,
      student: after || done ? `${now} of ${all}` : "–",
      same: after || done ? `${Math.round(100 * agreement(...seen))} %` : "–",
    };
    for (const name in values) find(`.count.${name} b`).textContent = values[name];
    left.ariaLabel = `The teacher's square, ${all} points in two colours. ${KEYS}`;
    rightside.ariaLabel = done
      ? `The student's regions and the original points; ${all - k} are crossed as wrong.`
      : "The student's regions so far, with the moved points it is taught; empty before.";
    if (stage !== before) {
      if (stage === "attack") say(`The teacher fits ${fitted} of ${all}. Now its points are attacked.`);
      if (after) say(`${flips} of ${all} points flipped. The student sees these, and nothing else.`);
      if (done) say(`The student gets ${k} of ${all} right, having seen none of them.`);
    }
    button("play").textContent = playing ? "Pause" : done ? "Play again" : "Play";
    button("step").disabled = done;
  }

  function tick() {
    const end = performance.now() + SLICE;
    due = calm.matches ? Infinity : Math.min(due, 1) + PACE[stage];
    while (due >= 1 && lesson.stage === stage && performance.now() < end) {
      advance(lesson);
      due--;
    }
    if (lesson.stage === "done") playing = false;
    else while (!calm.matches && performance.now() < end) rows((row = (row + 1) % SIDE));
    if (!calm.matches || lesson.stage !== stage) {
      if (calm.matches) refresh();
      else paint();
    }
    if (playing) sight.wake();
  }

  function play() {
    fresh = false;
    playing = true;
    paint();
    sight.wake();
  }

  const own = () => ({ points: lesson.points, labels: lesson.labels });
  const actions = {
    play() {
      if (lesson.stage === "done") restart({ own: lesson.own });
      if (playing) playing = false;
      else return play();
      paint();
    },
    step() {
      playing = fresh = false;
      for (let i = 0; i < (lesson.stage === "attack" ? 1 : 20) && lesson.stage !== "done"; i++) {
        advance(lesson);
      }
      refresh();
    },
    points() {
      state = { ...state, seed: state.seed + 1 };
      restart();
      play();
    },
    toss() {
      const labels = lesson.labels.map(() => (Math.random() < 0.5 ? 1 : 0));
      restart({ own: { ...own(), labels } });
      play();
    },
    reset() {
      playing = fresh = false;
      state = { ...START };
      restart();
    },
  };
  for (const name in actions) button(name).onclick = actions[name];
  range.oninput = () => {
    const finished = lesson.stage === "done";
    state = { ...state, radius: Number(range.value) };
    restart({ keepTeacher: true });
    if (finished || playing) play();
  };
  for (const each of el.querySelectorAll("[data-width]")) {
    each.onclick = () => {
      state = { ...state, width: Number(each.dataset.width) };
      restart({ own: lesson.own });
      play();
    };
  }
  const hand = pointing({
    canvas: left,
    lesson: () => lesson,
    look: paint,
    say,
    /** Points are being moved (not yet `dropped`), or are others now. */
    change(changed, dropped) {
      playing = fresh = false;
      restart({ own: changed });
      if (dropped) play();
    },
  });
  const again = (much) => {
    if (much && fresh && !calm.matches) play(); // once, when it is first seen
    if (playing) sight.wake();
    draws.wake();
  };
  const draws = histogram({
    node: find(".draws"), source: model.get("_esm"), say, visible: () => sight.visible(),
  });
  restart();
  const sight = whileSeen(el, tick, again, () => { paint(); draws.show(); });
  return () => {
    sight.stop();
    draws.stop();
  };
}

export default { render };
