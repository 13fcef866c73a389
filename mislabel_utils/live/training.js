// "Train it here": the student of wrong labels and the student of the same labels shuffled learn
// side by side, each in a worker, while one watches; then they read what one draws. Python joins
// this file with random.js, paper.js, network.js, learner.js, lessons.js and chart.js.

const PASSES = 12, LESSON = 4; // passes of the students and, over digits, of a teacher
const NEAR = 5, STRIP = 8; // garments that are nearest to a drawing, and that a lesson shows
const KEPT = 20; // curves of earlier lessons
const TOLD = { student: "no right label", control: "shuffled", teacher: "teacher, on digits" };
const ASK = "6,000 garments and the digits that the book’s teacher called them, 2.9 MB, come when " +
  "you press the button. The training takes half a minute, on a busy machine longer.";
const FEWER = "The student learnt from 6,000 garments. The one at the head of this page is larger, " +
  "learnt from 60,000, and reads more.";

const percent = (share) => `${Math.round(100 * share)} %`;

/** A large number and what it counts. */
function counter(role, about) {
  const number = element("strong", {}, "–"), words = element("span", {}, about);
  const node = element("div", { className: `counter ${role}` }, number, words);
  return { node, words, show: (text) => (number.textContent = text) };
}

/** Paint one of a row of images; where they are `null`, nothing. */
function thumbnail(images, number, canvas = element("canvas", { width: FIELD, height: FIELD })) {
  paint(canvas, images?.subarray(number * FIELD ** 2, (number + 1) * FIELD ** 2) ?? []);
  return canvas;
}

/** What one student makes of the drawing. */
function reader(role, name) {
  const digit = element("strong"), says = element("p", { className: "says" });
  const near = element("ul", { className: "near" });
  const about = element("p", { className: "live-quiet about" });
  const node = element(
    "section", { className: role, "aria-label": name },
    element("p", { className: "title" }, name), digit, says, about, near,
  );
  return {
    node,
    show(probabilities, garments = []) {
      digit.textContent = probabilities ? `${largest(probabilities)[0]}` : "\u00a0";
      says.textContent = probabilities ? words(probabilities) : "nothing to read yet";
      about.textContent = garments.length ? "nearest to it, of all it was shown:" : "";
      near.replaceChildren(...garments);
    },
    words: () => says.textContent,
  };
}

/** Some garments of the lesson, with what the two students are told that they are. */
function strip() {
  const items = Array.from({ length: STRIP }, () => {
    const [student, control] = ["student", "control"].map((role) =>
      element("b", { className: role }, "?"),
    );
    return { picture: thumbnail(null), student, control };
  });
  const node = element(
    "ul", { className: "strip", "aria-label": "Garments, what they were called, and what after shuffling" },
    ...items.map(({ picture, student, control }) => element("li", {}, picture, student, control)),
  );
  return {
    node,
    show(garments, called, first) {
      items.forEach(({ picture, ...told }, i) => {
        const number = (first + i) % called.student.length;
        thumbnail(garments, number, picture);
        for (const role in told) told[role].textContent = `“${called[role][number]}”`;
      });
    },
  };
}

function render({ model, el }) {
  const source = model.get("_esm"), scales = model.get("scales"), kinds = model.get("kinds");
  let data = null, seed = 0, phase = "idle"; // loading, teacher, students, stopped, done, failed
  let pupils = {}, curves = [], former = [], called = {}, thoughts = {};
  let seconds = 0, since = 0, resting = "", frame = 0, clock = 0, announcing = 0, inPage = false, run = 0;

  const status = element("p", { className: "live-hidden", role: "status" });
  const say = (text) => (status.textContent = text);
  const about = element("p", { className: "live-quiet live-numbers about" });
  const progress = element("progress", { max: 1, value: 0, "aria-label": "pictures loaded" });
  const counters = {
    teacher: counter("teacher", "of real digits: the teacher, taught here"),
    student: counter("student", "of real digits: taught by wrong labels"),
    control: counter("control", "of real digits: the same labels, shuffled"),
    seen: counter("seen", "garments seen by each"),
  };
  const plot = chart(PASSES, "passes over 6,000 garments", "right on 1,000 real test digits");
  const main = button("Train it here", () => actions[phase](), { className: "primary" });
  const other = button("Another seed", () => {
    seed++;
    begin();
  });
  const toggle = (text) => {
    const box = element("input", { type: "checkbox", onchange: switched });
    return { box, node: element("label", {}, box, text) };
  };
  const soft = toggle("soft labels"), own = toggle("train the teacher too");

  const shown = strip();
  let offered = null; // the test digit in the field: a drawing takes its place
  const field = drawingField(update, () => offered !== null && empty());
  const readers = {
    student: reader("student", "Taught by wrong labels"),
    control: reader("control", "Same labels, shuffled"),
  };
  const examples = Array.from({ length: CLASSES }, (_, digit) => {
    const name = `test digit ${digit}`, onclick = () => offer(digit);
    return button(thumbnail(null), onclick, { "aria-label": name, disabled: true });
  });
  const clear = button("Clear", empty);

  const busy = () => phase === "teacher" || phase === "students";

  // ------------------------------------------------------------ the lesson

  const actions = {
    idle: begin, failed: begin, done: begin, loading() {}, teacher: stop, students: stop,
    stopped() {
      turn(resting);
      for (const role in pupils) pupils[role].tell({ going: true });
      say("It goes on.");
    },
  };

  function turn(next) {
    const before = busy();
    phase = next;
    if (busy() && !before) since = performance.now();
    if (!busy() && before) seconds += (performance.now() - since) / 1000;
    show();
  }

  function stop() {
    resting = phase;
    for (const role in pupils) pupils[role].tell({ going: false });
    turn("stopped");
    say(`Stopped. ${summary()}`);
  }

  /** Other labels: what learns begins again with them, what rests does not go on without. */
  function switched() {
    if (busy()) begin();
    else if (phase === "stopped") turn("done");
    else show();
  }

  async function begin() {
    const mine = ++run;
    for (const role in pupils) pupils[role].end();
    pupils = {};
    thoughts = {};
    keep();
    turn("loading");
    el.classList.add("begun");
    try {
      data ??= lessons(await load(model, "lessons", loaded));
      if (own.box.checked) data.school ??= pairs(await load(model, "digits", loaded));
    } catch (error) {
      if (mine === run) fail(`The pictures did not come: ${error.message}.`);
      return;
    }
    if (mine !== run) return;
    progress.value = 0;
    el.classList.add("loaded");
    examples.forEach((each, digit) => {
      each.disabled = false;
      thumbnail(data.images, data.digits.indexOf(digit), each.firstChild);
    });
    seconds = 0;
    if (own.box.checked && data.school) {
      const { images, digits } = data.school;
      learn("teacher", images, oneHot(digits), scales.digits, LESSON);
      turn("teacher");
      say(`Seed ${seed}: a teacher learns from digits first.`);
    } else teach(soft.box.checked ? data.soft : oneHot(data.called));
  }

  function loaded(share) {
    progress.value = share;
  }

  function fail(text) {
    progress.value = 0;
    turn("failed");
    about.textContent = text;
    say(text);
  }

  /** Both students begin, from the same weights and in the same order. */
  function teach(targets) {
    const dealt = shuffle(targets.slice(), CLASSES, generator(seed, 2));
    called = { student: largest(targets), control: largest(dealt) };
    learn("student", data.garments, targets, scales.garments, PASSES);
    learn("control", data.garments, dealt, scales.garments, PASSES);
    turn("students");
    say(`Seed ${seed}: two students learn from clothes.`);
  }

  function learn(role, images, targets, scale, passes) {
    const test = { images: data.images, digits: data.digits, scale: scales.digits };
    const batches = Math.floor(targets.length / CLASSES / BATCH);
    const curve = { role, name: "", points: [], steps: 0, batches };
    const mine = run;
    curves.push(curve);
    pupils[role] = pupil(
      source,
      (told) => mine === run && hear(role, curve, told),
      () => (inPage = true),
    );
    pupils[role].tell({ learn: { images, targets, scale, test, seed, passes } });
  }

  function hear(role, curve, told) {
    if (told.step !== undefined) curve.steps = told.step;
    if (told.of) examined(role, curve, told);
    if (told.answers) teach(soft.box.checked ? told.answers : oneHot(largest(told.answers)));
    if (told.done) {
      curve.done = true;
      if (role === "teacher") {
        pupils.teacher.tell({ ask: { images: data.garments, scale: scales.garments } });
      } else if (curves.every((each) => each.done)) {
        turn("done");
        say(`Done. ${summary()}`);
        if (!field.image()) offer(5);
      }
    }
    if (told.ready) update();
    if (told.read) {
      thoughts[role] = told;
      showThoughts(role);
    }
    clock ||= setTimeout(show, 100); // painting takes time from those who learn
  }

  function examined(role, curve, { step, right, of }) {
    if (step === 0) curve.points = []; // it begins, or begins again in the page
    const pass = step / curve.batches;
    curve.points.push([pass, right / of]);
    curve.name = `${percent(right / of)}, ${TOLD[role]}`;
    counters[role].show(percent(right / of));
    paintCurves();
    update();
    if (role !== "student") return;
    shown.show(data.garments, called, STRIP * curve.points.length);
    if (pass && pass < PASSES && pass % 3 === 0) say(`Pass ${pass} of ${PASSES}. ${summary()}`);
  }

  /** Curves of what was finished stay, faintly. */
  function keep() {
    const finished = curves.filter((each) => each.done);
    former = [...former, ...finished.map((each) => ({ ...each, former: true }))].slice(-KEPT);
    curves = [];
    for (const each of Object.values(counters)) each.show("–");
    paintCurves();
  }

  // ------------------------------------------------------------ what is seen

  function summary() {
    const begun = curves.filter(({ points }) => points.length);
    return begun.map(({ role, name }) => `${role}: ${name}`).join("; ");
  }

  function paintCurves() {
    plot.show([...former, ...curves]);
    plot.node.setAttribute("aria-label", `Learning curves. ${summary() || "Nothing is trained yet"}.`);
  }

  function show() {
    clock = 0;
    main.textContent = {
      idle: "Train it here", failed: "Try again", loading: "Loading…", teacher: "Stop",
      students: "Stop", stopped: "Resume", done: "Train again",
    }[phase];
    main.disabled = phase === "loading";
    other.disabled = phase === "idle" || phase === "loading";
    progress.classList.toggle("idle", phase !== "loading");
    counters.teacher.node.hidden = !own.box.checked;
    const digits = phase === "teacher" || (phase === "stopped" && resting === "teacher");
    const of = curves.find(({ role }) => role === (digits ? "teacher" : "student"));
    if (of) counters.seen.show((BATCH * of.steps).toLocaleString("en"));
    counters.seen.words.textContent = digits ? "digits seen by the teacher" : "garments seen by each";
    if (phase === "failed") return;
    const took = seconds + (busy() ? (performance.now() - since) / 1000 : 0);
    const where = inPage ? " in the page itself: this browser lends no worker" : "";
    const time = `Seed ${seed} · ${took.toFixed(1)} s${where}`;
    about.textContent = !of ? ASK : phase === "done" ? `${time}. ${FEWER}` : time;
  }

  /** A test digit to read, for who does not draw. */
  function offer(digit) {
    const number = data.digits.indexOf(digit);
    field.show(data.images.subarray(number * FIELD ** 2, (number + 1) * FIELD ** 2));
    offered = digit;
    update();
  }

  function empty() {
    field.clear();
    offered = null;
    update();
  }

  /** Have the drawing read. */
  function update() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      const image = field.image();
      const drawn = offered === null ? "your drawing" : `test digit ${offered}`;
      field.describe(image ? drawn : "empty");
      for (const role in readers) {
        if (image && pupils[role]) pupils[role].tell({ read: image, near: NEAR });
        else {
          thoughts[role] = null;
          showThoughts(role);
        }
      }
    });
  }

  function showThoughts(role) {
    const thought = thoughts[role];
    const garments = thought?.near?.map((number) => {
      const picture = thumbnail(data.garments, number);
      picture.setAttribute("role", "img");
      picture.setAttribute("aria-label", `${kinds[data.kinds[number]]}, called`);
      return element("li", {}, picture, `“${called[role][number]}”`);
    });
    readers[role].show(thought && Float32Array.from(thought.read), garments);
    // Said aloud when the drawing has rested for a moment, not at every move of the pen.
    clearTimeout(announcing);
    if (!thought || busy()) return;
    announcing = setTimeout(() => {
      const [student, control] = [readers.student.words(), readers.control.words()];
      say(`Student: ${student} Student of shuffled labels: ${control}`);
    }, 700);
  }

  const part = (className, ...children) => element("div", { className }, ...children);
  el.classList.add("live", "jupyter-widgets", "training");
  el.onkeydown = (key) => key.ctrlKey || key.metaKey || key.stopPropagation(); // Jupyter: x cuts
  el.append(
    part("live-row", main, other, soft.node, own.node),
    progress,
    part("counters live-numbers", ...Object.values(counters).map(({ node }) => node)),
    plot.node,
    about,
    part(
      "shown",
      element(
        "p", {}, "What they are shown: garments, each called a ",
        element("b", { className: "student" }, "digit"), " by the teacher; for the other student ",
        "the same ", element("b", { className: "control" }, "digits"), " in another order.",
      ),
      shown.node,
    ),
    part(
      "reading",
      part("drawing", field.node, clear),
      readers.student.node, readers.control.node,
      element("div", { className: "ten", role: "group", "aria-label": "Test digits" }, ...examples),
    ),
    status,
  );
  paintCurves();
  update();
  show();
  return () => {
    for (const role in pupils) pupils[role].end();
    run++;
    plot.stop();
    clearTimeout(clock);
    clearTimeout(announcing);
    cancelAnimationFrame(frame);
  };
}

export default { render };
