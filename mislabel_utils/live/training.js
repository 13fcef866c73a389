// "Train it here": the student of wrong labels and the student of the same labels shuffled learn
// side by side, each in a worker, while one watches; then they read what one draws. Python joins
// this file with random.js, paper.js, network.js, learner.js and chart.js.

const PASSES = 12, LESSON = 4; // passes of the students and, over digits, of a teacher
const NEAR = 5;
const TOLD = { student: "no right label", control: "shuffled", teacher: "teacher" };

// ---------------------------------------------------------------- pictures to learn from

/** The bytes of a response; `progress` hears which share of them is here. */
async function download(address, progress) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.status} ${address}`);
  const whole = Number(response.headers.get("content-length")), parts = [];
  let here = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    parts.push(value);
    here += value.length;
    if (whole) progress(Math.min(1, here / whole));
  }
}

/** The same from the kernel of a notebook. */
function ask(model, name) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new Error("no kernel answers: run the cell above first"));
    }, 30_000);
    model.on("msg:custom", function hear(said, buffers) {
      if (said !== name) return;
      model.off("msg:custom", hear);
      clearTimeout(late);
      resolve(new Blob(buffers));
    });
    model.send(name);
  });
}

/** A file of `training.py`, unpacked: from beside the page, or from the kernel. */
async function load(model, name, progress) {
  const root = document.documentElement.dataset.content_root; // only a page of the book has one
  const packed = root === undefined
    ? await ask(model, name)
    : await download(`${root}_static/training/${name}.bin`, progress);
  const [first, second] = new Uint8Array(await packed.slice(0, 2).arrayBuffer());
  if (first !== 0x1f || second !== 0x8b) return packed.arrayBuffer(); // unpacked on its way
  const plain = packed.stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(plain).arrayBuffer();
}

/** What `training.lessons` packs. */
export function lessons(buffer) {
  const [n, m] = new Uint32Array(buffer, 0, 2);
  let at = 8;
  const bytes = (length) => new Uint8Array(buffer, (at += length) - length, length);
  const garments = bytes(n * PIXELS ** 2), called = bytes(n), kinds = bytes(n);
  const steps = new Uint16Array(buffer.slice(at, (at += 2 * CLASSES * n)));
  const soft = Float32Array.from(steps, (step) => step / 65535);
  return { garments, called, kinds, soft, images: bytes(m * PIXELS ** 2), digits: bytes(m) };
}

/** What `training.digits` packs. */
export function pairs(buffer) {
  const bytes = new Uint8Array(buffer), end = (bytes.length / (PIXELS ** 2 + 1)) * PIXELS ** 2;
  return { images: bytes.subarray(0, end), digits: bytes.subarray(end) };
}

/** Of each row of ten numbers, the place of the largest. */
export function largest(rows) {
  return Uint8Array.from({ length: rows.length / CLASSES }, (_, i) => {
    const row = rows.subarray(CLASSES * i, CLASSES * (i + 1));
    return row.indexOf(Math.max(...row));
  });
}

// ---------------------------------------------------------------- view

const percent = (share) => `${Math.round(100 * share)} %`;

const button = (text, onclick, more) =>
  element("button", { type: "button", onclick, ...more }, text);

/** A large number and what it counts. */
function counter(role, about) {
  const number = element("strong", {}, "–");
  const node = element("div", { className: `counter ${role}` }, number, element("span", {}, about));
  return { node, show: (text) => (number.textContent = text) };
}

function thumbnail(images, number) {
  const canvas = element("canvas", { width: FIELD, height: FIELD });
  paint(canvas, images.subarray(number * FIELD ** 2, (number + 1) * FIELD ** 2));
  return canvas;
}

/** What one student makes of the drawing. */
function reader(role, name) {
  const digit = element("strong", {}, "·"), says = element("p", { className: "says" }, "…");
  const near = element("ul", { className: "near" });
  const about = element("p", { className: "live-quiet" });
  const node = element(
    "section", { className: role, "aria-label": name },
    element("p", { className: "name" }, name), digit, says, about, near,
  );
  return {
    node,
    show(probabilities, pictures) {
      digit.textContent = probabilities ? `${largest(probabilities)[0]}` : "·";
      says.textContent = probabilities ? words(probabilities) : "…";
      about.textContent = pictures?.length ? "To it, this is most like" : "";
      near.replaceChildren(...(pictures ?? []));
    },
    words: () => says.textContent,
  };
}

function render({ model, el }) {
  const source = model.get("_esm"), scales = model.get("scales"), kinds = model.get("kinds");
  let data = null, seed = 0, phase = "idle"; // loading, teacher, students, stopped, done, failed
  let pupils = {}, curves = [], former = [], called = {}, thoughts = {};
  let seconds = 0, since = 0, resting = "", frame = 0, announcing = 0, inPage = false, run = 0;

  const status = element("p", { className: "live-hidden", role: "status" });
  const say = (text) => (status.textContent = text);
  const about = element("p", { className: "live-quiet live-numbers" });
  const progress = element("progress", { max: 1, hidden: true, "aria-label": "pictures loaded" });
  const counters = {
    teacher: counter("teacher", "of real digits: the teacher, taught here by digits"),
    student: counter("student", "of real digits: taught by clothes, each called a digit"),
    control: counter("control", "of real digits: the same labels, shuffled"),
    seen: counter("seen", "garments seen by each"),
  };
  const plot = chart(PASSES, "passes over 6,000 garments", "right on 1,000 real test digits");
  const main = button("Train it here", () => actions[phase](), { className: "primary" });
  const other = button("Another seed", () => { seed++; begin(); });
  const toggle = (text) => {
    const box = element("input", { type: "checkbox", onchange: () => busy() && begin() });
    return { box, node: element("label", {}, box, text) };
  };
  const soft = toggle("soft labels"), own = toggle("train the teacher too");

  const field = drawingField(update);
  const readers = {
    student: reader("student", "Taught by wrong labels"),
    control: reader("control", "Same labels, shuffled"),
  };
  const examples = element("div", { className: "ten", role: "group", "aria-label": "Test digits" });
  const reading = element(
    "div", { className: "reading", hidden: true },
    element(
      "div", { className: "drawing" }, field.node,
      button("Clear", () => { field.clear(); update(); }),
    ),
    readers.student.node, readers.control.node, examples,
  );

  const busy = () => phase === "teacher" || phase === "students";
  const shuffled = () => (soft.box.checked ? "probabilities" : "labels");

  // ------------------------------------------------------------ the lesson

  const actions = {
    idle: begin, failed: begin, loading() {}, teacher: stop, students: stop, done: begin,
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

  async function begin() {
    const mine = ++run;
    for (const role in pupils) pupils[role].end();
    keep();
    pupils = {};
    thoughts = {};
    turn("loading");
    try {
      data ??= lessons(await load(model, "lessons", loaded));
      if (own.box.checked) data.school ??= pairs(await load(model, "digits", loaded));
    } catch (error) {
      if (mine === run) fail(`The pictures did not come: ${error.message}.`);
      return;
    }
    if (mine !== run) return;
    progress.hidden = true;
    reading.hidden = false;
    if (!examples.childElementCount) offer();
    seconds = 0;
    if (own.box.checked) {
      const { images, digits } = data.school;
      learn("teacher", images, oneHot(digits), scales.digits, LESSON);
      turn("teacher");
      say(`Seed ${seed}: a teacher learns from digits first.`);
    } else teach(soft.box.checked ? data.soft : oneHot(data.called));
  }

  function loaded(share) {
    progress.hidden = false;
    progress.value = share;
  }

  function fail(text) {
    progress.hidden = true;
    about.textContent = text;
    turn("failed");
    say(text);
  }

  /** Both students begin, from the same weights and in the same order. */
  function teach(targets) {
    const other = shuffle(targets.slice(), CLASSES, generator(seed, 2));
    called = { student: largest(targets), control: largest(other) };
    learn("student", data.garments, targets, scales.garments, PASSES);
    learn("control", data.garments, other, scales.garments, PASSES);
    turn("students");
    say(`Seed ${seed}: two students learn from clothes.`);
  }

  function learn(role, images, targets, scale, passes) {
    const test = { images: data.images, digits: data.digits, scale: scales.digits };
    const curve = { role, name: "", points: [], steps: 0, batches: Math.floor(targets.length / CLASSES / BATCH) };
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
    if (told.of) {
      const share = told.right / told.of;
      if (told.step === 0) curve.points = []; // it begins, or begins again in the page
      curve.points.push([told.step / curve.batches, share]);
      curve.name = `${percent(share)}, ${TOLD[role]}`;
      counters[role].show(percent(share));
      paintCurves();
      update();
    }
    if (told.answers) {
      const named = largest(told.answers);
      teach(soft.box.checked ? told.answers : oneHot(named));
    }
    if (told.done) {
      curve.done = true;
      if (role === "teacher") {
        pupils.teacher.tell({ ask: { images: data.garments, scale: scales.garments } });
      } else if (curves.every((each) => each.done)) {
        turn("done");
        say(`Done. ${summary()}`);
      }
    }
    if (told.ready) update();
    if (told.read) {
      thoughts[role] = told;
      showThoughts(role);
    }
    show();
  }

  /** Curves of what was finished stay, faintly. */
  function keep() {
    const finished = curves.filter((each) => each.done);
    former.push(...finished.map((each) => ({ ...each, former: true })));
    curves = [];
    for (const each of Object.values(counters)) each.show("–");
    paintCurves();
  }

  // ------------------------------------------------------------ what is seen

  function summary() {
    return curves
      .filter(({ points }) => points.length)
      .map(({ role, name }) => `${role}: ${name}`)
      .join("; ");
  }

  function paintCurves() {
    plot.show([...former, ...curves]);
    plot.node.setAttribute("aria-label", `Learning curves. ${summary() || "Nothing is trained yet"}.`);
  }

  function show() {
    main.textContent = {
      idle: "Train it here", failed: "Try again", loading: "Loading…", teacher: "Stop",
      students: "Stop", stopped: "Resume", done: "Train again",
    }[phase];
    main.disabled = phase === "loading";
    other.disabled = phase === "idle" || phase === "loading";
    counters.teacher.node.hidden = !own.box.checked;
    const of = curves.find(({ role }) => role === (phase === "teacher" ? "teacher" : "student"));
    const seen = BATCH * (of?.steps ?? 0);
    if (of) counters.seen.show(seen.toLocaleString("en"));
    if (phase === "failed") return;
    const took = seconds + (busy() ? (performance.now() - since) / 1000 : 0);
    const where = inPage ? "in the page itself, one after the other: this browser lends no worker" : "in two workers of this browser";
    about.textContent = of
      ? `Seed ${seed} · ${took.toFixed(1)} s, ${where} · labels: ${shuffled()} of ${own.box.checked ? "the teacher trained here" : "the book's teacher"}`
      : "6,000 garments and the digits that the book's teacher called them: 2.9 MB, loaded when you press the button.";
  }

  /** Test digits to read, for who does not draw. */
  function offer() {
    for (let digit = 0; digit < CLASSES; digit++) {
      const number = data.digits.indexOf(digit);
      const picture = thumbnail(data.images, number);
      const onclick = () => {
        field.show(data.images.subarray(number * FIELD ** 2, (number + 1) * FIELD ** 2));
        update();
      };
      examples.append(button(picture, onclick, { "aria-label": `test digit ${digit}` }));
    }
  }

  /** Have the drawing read. */
  function update() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      const image = field.image();
      field.describe(image ? "your drawing" : "empty");
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
    const near = thought?.near?.map((number) => {
      const name = `${called[role][number]}`;
      const picture = thumbnail(data.garments, number);
      picture.setAttribute("role", "img");
      picture.setAttribute("aria-label", kinds[data.kinds[number]]);
      return element("li", {}, picture, `“${name}”`);
    });
    readers[role].show(thought && Float32Array.from(thought.read), near);
    // Said aloud when the drawing has rested for a moment, not at every move of the pen.
    clearTimeout(announcing);
    if (thought && !busy()) {
      announcing = setTimeout(() => {
        say(`Student: ${readers.student.words()} Student of shuffled labels: ${readers.control.words()}`);
      }, 700);
    }
  }

  el.classList.add("live", "jupyter-widgets", "training");
  el.append(
    element("div", { className: "live-row" }, main, other, soft.node, own.node),
    progress,
    element("div", { className: "counters live-numbers" }, ...Object.values(counters).map(({ node }) => node)),
    plot.node,
    about,
    reading,
    status,
  );
  own.box.addEventListener("change", show);
  paintCurves();
  update();
  show();
  return () => {
    for (const role in pupils) pupils[role].end();
    plot.stop();
    clearTimeout(announcing);
    cancelAnimationFrame(frame);
  };
}

export default { render };
