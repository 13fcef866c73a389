// The view of the two-dimensional experiment; plane.js and view.js stand above it in the module.

const START = { seed: 0, radius: 0.12, width: 64 };
const PACE = { teacher: 5, attack: 0.4, student: 5, done: 0 }; // steps a frame, to be watched
const PUBLISHED = 23, RUN = 100;
const MARKUP = `
  <div class="live-row">
    <button data-do="play">Play</button> <button data-do="step">Step</button>
    <button data-do="points">New points</button> <button data-do="reset">Reset</button>
  </div>
  <div class="live-row">
    <label>radius <input type="range" min="0" max="0.3" step="0.01"> <span></span></label>
    <label>width <select><option>32</option><option>64</option></select></label>
  </div>
  <div class="playground-pair">
    <figure><figcaption>Teacher</figcaption><canvas role="img"></canvas></figure>
    <figure><figcaption>Student</figcaption><canvas role="img"></canvas></figure>
  </div>
  <p class="live-numbers"></p>
  <p role="status"></p>
  <div class="live-row"><button data-do="draws"></button>
    <span class="live-numbers live-quiet"></span></div>
  <figure class="playground-draws"><canvas role="img"></canvas></figure>`;

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

/** Left: the teacher's regions, the balls, and the points on their way. */
function paintTeacher(canvas, tiles, lesson) {
  const [pen, size] = prepare(canvas), { points, labels, search, stage, taught, epsilon } = lesson;
  paintRegions(pen, size, tiles, lesson.seen[0]);
  const after = stage === "student" || stage === "done", mark = Math.max(4, size / 55);
  const away = stage === "teacher" ? points : after ? search.best : search.at;
  pen.globalAlpha = 0.35;
  pen.strokeStyle = INK;
  pen.lineWidth = 0.7;
  for (let k = 0; k < COUNT; k++) {
    const [x, y, side] = [points[2 * k] - epsilon, 1 - points[2 * k + 1] - epsilon, 2 * epsilon];
    pen.strokeRect(x * size, y * size, side * size, side * size);
  }
  pen.globalAlpha = 1;
  for (let k = 0; k < COUNT; k++) {
    const [x, y] = [points[2 * k] * size, (1 - points[2 * k + 1]) * size];
    if (after && !taught[k]) {
      dot(pen, x, y, labels[k], mark, true);
      continue;
    }
    const [u, v] = [away[2 * k] * size, (1 - away[2 * k + 1]) * size];
    if (u !== x || v !== y) line(pen, INK, 1.2, x, y, u, v);
    const crossed = forward(lesson.teacher, away[2 * k], away[2 * k + 1]) > 0 ? 1 : 0;
    dot(pen, u, v, stage === "teacher" ? labels[k] : crossed, mark, false);
  }
}

/** Right: the student's regions, what it is taught, and at the end the original points. */
function paintStudent(canvas, tiles, lesson) {
  const [pen, size] = prepare(canvas), { points, labels, opposite, search, stage, right } = lesson;
  const done = stage === "done", mark = Math.max(4, size / 55);
  pen.fillStyle = "#f3f3f3";
  pen.fillRect(0, 0, size, size);
  if (stage !== "student" && !done) return;
  paintRegions(pen, size, tiles, lesson.seen[1]);
  for (let k = 0; k < COUNT; k++) {
    if (!done && !lesson.taught[k]) continue;
    const from = done ? points : search.best;
    const [x, y] = [from[2 * k] * size, (1 - from[2 * k + 1]) * size], r = 2 * mark;
    const cross = [x - r, y - r, x + r, y + r, x - r, y + r, x + r, y - r];
    if (done && !right[k]) line(pen, "white", 5, ...cross);
    dot(pen, x, y, done ? labels[k] : opposite[k], mark, false);
    if (done && !right[k]) line(pen, "black", 1.7, ...cross);
  }
}

function paintDraws(canvas, tally, colour) {
  const [pen, w, h] = prepare(canvas), floor = h - 38, top = Math.max(4, ...tally);
  const left = 8, bar = (w - 2 * left) / (COUNT + 1), middle = (k) => left + (k + 0.5) * bar;
  const height = (count) => (count / top) * (floor - 26);
  tally.forEach((count, k) => {
    pen.fillStyle = COLOURS[k === PUBLISHED ? 1 : 0];
    pen.fillRect(middle(k) - 0.43 * bar, floor - height(count), 0.86 * bar, height(count));
  });
  line(pen, colour, 1, left, floor, w - left, floor);
  pen.setLineDash([4, 3]);
  line(pen, colour, 1, middle(16), 20, middle(16), floor);
  pen.setLineDash([]);
  line(pen, COLOURS[1], 2, middle(PUBLISHED), 20, middle(PUBLISHED), floor);
  pen.fillStyle = colour;
  pen.font = "13px sans-serif";
  pen.textAlign = "center";
  for (const k of [0, 8, 16, 24, 32]) pen.fillText(k, middle(k), floor + 15);
  pen.fillText("points right, of 32", w / 2, h - 6);
  pen.fillText("chance", middle(16), 14);
  pen.textAlign = "left";
  pen.fillText("published: 23", middle(PUBLISHED) - 20, 14);
}

function render({ model, el }) {
  el.classList.add("live", "jupyter-widgets", "playground");
  el.innerHTML = MARKUP;
  const find = (what) => el.querySelector(what), button = (name) => find(`[data-do=${name}]`);
  const [left, rightside, chart] = el.querySelectorAll("canvas"), tiles = [tile(), tile()];
  const [numbers, tallied] = el.querySelectorAll(".live-numbers"), status = find("[role=status]");
  const range = find("input"), select = find("select"), tally = new Uint32Array(COUNT + 1);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let state = OURS ? fromAddress(location.search) : { ...START };
  let lesson, stage, playing = false, due = 0, row = 0;
  let worker = null, waiting = false, wanted = 0, drawn = 0, fits = 0, sum = 0;

  function restart(keepTeacher) {
    const opened = !lesson; // what the address says already
    if (keepTeacher) aim(lesson, state.radius);
    else lesson = begin(state.seed, state.radius, state.width);
    stage = lesson.stage;
    range.value = state.radius;
    range.nextElementSibling.textContent = state.radius.toFixed(2);
    select.value = state.width;
    if (!opened) remember(state);
    due = 0;
    if (stage === "teacher") say(`Draw ${state.seed}: nothing is trained yet.`);
    else say("Another radius: the same teacher is attacked again.");
    stopDraws();
    refresh();
  }

  function say(words) {
    if (status.textContent !== words) status.textContent = words;
  }

  function refresh() { // everything at once: when something was changed by hand
    for (let r = 0; r < SIDE; r++) rows(r);
    paint();
  }

  function rows(r) {
    fillRow(lesson.teacher, lesson.seen[0], r);
    fillRow(lesson.student, lesson.seen[1], r);
  }

  function paint() {
    const { step, fitted, k, seen, taught, seed } = lesson, before = stage;
    stage = lesson.stage;
    const after = stage === "student", done = stage === "done";
    paintTeacher(left, tiles[0], lesson);
    paintStudent(rightside, tiles[1], lesson);
    const flips = taught.reduce((a, b) => a + b);
    const now = after ? correct(lesson.student, lesson.points, lesson.labels, lesson.right) : k;
    const same = after || done ? `${Math.round(100 * agreement(...seen))} %` : "–";
    const told = {
      teacher: `Draw ${seed}: the teacher learns, step ${step} of ${STEPS}.`,
      attack: `Draw ${seed}: the attack, step ${step} of ${ATTACK_STEPS}.`,
      student: `Draw ${seed}: the student learns, step ${step} of ${STEPS}.`,
      done: `Draw ${seed}: done.`,
    }[stage];
    const [flipped, score] = after || done ? [flips, `${now}/32`] : ["–", "–"];
    numbers.textContent =
      `${told} Flipped: ${flipped}. Student right: ${score}. Same answer on ${same} of the square.`;
    left.ariaLabel = stage === "teacher"
      ? "The unit square with 32 points in two colours, and the regions of the teacher so far."
      : `The teacher's regions, ${fitted} of 32 points fitted, with the attacked points.`;
    rightside.ariaLabel = done
      ? `The student's regions and the original points; ${32 - k} are crossed as wrong.`
      : "The student's regions so far, with the moved points it is taught; empty before.";
    if (stage !== before) {
      if (stage === "attack") say(`The teacher fits ${fitted} of 32. Now its points are attacked.`);
      if (after) say(`${flips} of 32 points flipped. The student sees these, and nothing else.`);
      if (done) say(`The student gets ${k} of 32 right, having seen none of them.`);
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

  // Draws by the hundred are trained in a worker, which runs this very module.
  function stopDraws() {
    worker?.terminate();
    worker = null;
    waiting = false;
    wanted = drawn = fits = sum = 0;
    tally.fill(0);
    showDraws();
  }

  function showDraws() {
    button("draws").textContent = wanted > drawn ? "Stop" : `Run ${RUN} draws`;
    const mean = fits ? `, ${(sum / fits).toFixed(1)} of 32 right on average` : "";
    tallied.textContent = drawn ? `${drawn} draws, ${fits} with a teacher that fits${mean}` : "";
    chart.ariaLabel = `Histogram of the points that students get right. ${tallied.textContent ||
      "No draws yet"}. A line marks the published 23, a dashed one chance, 16.`;
    paintDraws(chart, tally, getComputedStyle(el).color);
  }

  function nextDraw() {
    if (wanted <= drawn || waiting || !sight.visible()) return;
    if (!worker) {
      const answer = "\nself.onmessage = ({ data }) => self.postMessage(outcome(...data));";
      const code = new Blob([model.get("_esm"), answer], { type: "text/javascript" });
      const place = URL.createObjectURL(code);
      worker = new Worker(place, { type: "module" });
      worker.onmessage = ({ data }) => {
        waiting = false;
        drawn++;
        if (data.fitted === COUNT) {
          tally[data.k]++;
          fits++;
          sum += data.k;
        }
        showDraws();
        if (drawn === wanted) say(`${tallied.textContent}.`);
        nextDraw();
      };
      const failed = (event) => {
        event.preventDefault(); // it is told here
        stopDraws();
        say("The draws stopped: this browser could not run them. Reload the page to try again.");
      };
      for (const fault of ["error", "messageerror"]) worker.addEventListener(fault, failed);
    }
    waiting = true;
    worker.postMessage([state.seed + 1 + drawn, state.radius, state.width]);
  }

  const actions = {
    play() {
      if (lesson.stage === "done") restart();
      playing = !playing;
      paint();
    },
    step() {
      playing = false;
      for (let i = 0; i < (lesson.stage === "attack" ? 1 : 20) && lesson.stage !== "done"; i++) {
        advance(lesson);
      }
      refresh();
    },
    points() {
      state = { ...state, seed: state.seed + 1 };
      restart();
    },
    reset() {
      playing = false;
      state = { ...START };
      restart();
    },
    draws() {
      wanted = wanted > drawn ? drawn : drawn + RUN;
      showDraws();
      nextDraw();
    },
  };
  for (const name in actions) {
    button(name).onclick = () => {
      actions[name]();
      if (playing) sight.wake();
    };
  }
  range.oninput = () => {
    const finished = lesson.stage === "done";
    state = { ...state, radius: Number(range.value) };
    restart(true);
    playing ||= finished;
    sight.wake();
  };
  select.onchange = () => {
    state = { ...state, width: Number(select.value) };
    restart();
  };
  const again = () => {
    if (playing) sight.wake();
    nextDraw();
  };
  restart();
  const sight = whileSeen(el, tick, again, () => { paint(); showDraws(); });
  return () => {
    sight.stop();
    worker?.terminate();
  };
}

export default { render };
