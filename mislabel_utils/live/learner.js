// One network and its lesson, in turns short enough to leave room for messages. It runs in a
// worker of its own, or, where a browser lends none, in the page between two frames.

const EARLY = [5, 10, 20, 40, 80]; // steps after which it is examined, besides each pass
const RESPITE = 40; // milliseconds of work between two looks at the messages, in a worker
const SLICE = 8; // and in the page

/**
 * Something that learns: `receive` takes its messages, `work` goes on for some milliseconds and
 * says whether there is more to do, and what there is to tell goes to `tell`.
 *
 * Messages: `learn` begins a lesson, `going` stops it or goes on, `ask` has the ten probabilities
 * of all images of a row told, `read` those of one image and, if it has learnt or rests, which
 * `near` images of its lesson are nearest to it in the last layer (by the angle between features).
 */
export function learner(tell) {
  let net = null, lesson = null, learning = null, asked = null, looking = null;
  let going = false, known = null, step = 0;

  function* learn({ images, targets, scale, seed, passes }) {
    const count = targets.length / CLASSES, batches = Math.floor(count / BATCH);
    const steps = passes * batches, random = generator(seed, 1);
    const order = Int32Array.from({ length: count }, (_, i) => i);
    yield* examine();
    while (step < steps) {
      if (step % batches === 0) shuffle(order, 1, random);
      trainStep(net, { images, targets, scale }, order, BATCH * (step % batches), rateAt(step, steps));
      step++;
      if (EARLY.includes(step) || step % batches === 0) yield* examine();
      yield;
    }
    going = false;
    tell({ done: true });
  }

  function* examine() {
    const { images, digits, scale } = lesson.test;
    let right = 0;
    for (let i = 0; i < digits.length; i++) {
      if (forward(net, images, i, scale) === digits[i]) right++;
      if (i % BATCH === BATCH - 1) yield;
    }
    tell({ step, right, of: digits.length });
  }

  function* answer({ images, scale }) {
    const answers = new Float32Array(CLASSES * (images.length / PIXELS ** 2));
    for (let i = 0; i * CLASSES < answers.length; i++) {
      forward(net, images, i, scale);
      answers.set(net.probabilities, CLASSES * i);
      if (i % BATCH === BATCH - 1) yield;
    }
    tell({ answers });
  }

  /** Take in the features of all that it has learnt from, each of length one. */
  function* look({ images, scale }) {
    const rows = new Float32Array(FEATURES * (images.length / PIXELS ** 2));
    for (let i = 0; i * FEATURES < rows.length; i++) {
      forward(net, images, i, scale);
      let length = 0;
      for (let k = 0; k < FEATURES; k++) length += net.features[k] ** 2;
      length = Math.sqrt(length) || 1;
      for (let k = 0; k < FEATURES; k++) rows[FEATURES * i + k] = net.features[k] / length;
      if (i % BATCH === BATCH - 1) yield;
    }
    known = rows;
    tell({ ready: true });
  }

  function nearest(count) {
    const scores = new Float32Array(known.length / FEATURES);
    for (let i = 0, at = 0; i < scores.length; i++) {
      let total = 0;
      for (let k = 0; k < FEATURES; k++, at++) total += known[at] * net.features[k];
      scores[i] = total;
    }
    return highest(scores, count);
  }

  return {
    receive({ learn: begun, going: goes, ask, read, near }) {
      if (begun) {
        lesson = begun;
        step = 0;
        net = network(generator(lesson.seed, 0));
        learning = learn(lesson);
        asked = looking = known = null;
        going = true;
      } else if (goes !== undefined) {
        going = goes && step < lesson.passes * Math.floor(lesson.targets.length / CLASSES / BATCH);
        looking = known = null;
      } else if (ask) {
        asked = answer(ask);
      } else if (read && net) {
        forward(net, read, 0, lesson.test.scale);
        tell({ read: [...net.probabilities], near: known && nearest(near) });
      }
    },
    work(milliseconds) {
      const end = performance.now() + milliseconds;
      while (performance.now() < end) {
        if (asked) {
          if (asked.next().done) asked = null;
        } else if (going) {
          learning.next();
        } else if (net && !known) {
          looking ??= look(lesson);
          looking.next();
        } else return false;
      }
      if (going) tell({ step });
      return true;
    },
  };
}

/** Be a learner in a worker. */
export function serve(scope) {
  const mine = learner((message) => scope.postMessage(message));
  const { port1, port2 } = new MessageChannel();
  let busy = false;
  const turn = () => {
    busy = mine.work(RESPITE);
    if (busy) port2.postMessage(null);
  };
  port1.onmessage = turn;
  scope.onmessage = ({ data }) => {
    mine.receive(data);
    if (!busy) turn();
  };
}

/**
 * A learner in a worker that runs `source`, this very module; or else in the page, and then `alone`
 * is called. `hear` gets what it tells.
 */
export function pupil(source, hear, alone) {
  const said = []; // for the one that takes over
  let worker = null, inPage = null, timer = 0;

  function turn() {
    timer = inPage.work(SLICE) ? setTimeout(turn) : 0;
  }
  function local(message) {
    inPage.receive(message);
    timer ||= setTimeout(turn);
  }
  function takeOver(event) {
    event?.preventDefault(); // it is told here
    worker?.terminate();
    if (inPage) return;
    alone();
    inPage = learner(hear);
    said.forEach(local);
  }
  try {
    const code = new Blob([source, "\nserve(self);"], { type: "text/javascript" });
    const place = URL.createObjectURL(code);
    worker = new Worker(place, { type: "module" });
    worker.onmessage = ({ data }) => hear(data);
    worker.onerror = worker.onmessageerror = takeOver;
  } catch {
    takeOver();
  }
  return {
    tell(message) {
      if (inPage) return local(message);
      if (message.learn) said.length = 0;
      if (!message.read) said.push(message);
      worker.postMessage(message);
    },
    end() {
      worker?.terminate();
      clearTimeout(timer);
      inPage = null;
    },
  };
}
