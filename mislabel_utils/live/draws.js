// Draws by the hundred: how many points do the students get right? They are trained in workers, which
// run this very module, or slice by slice in the page where workers are not to be had.

const PUBLISHED = 23, RUN = 100, FIRST_DRAW = 100_000, MOST = 4; // workers

/** Those who train draws; `answered` gets what came of each. They ask for work with `next`. */
function crew(source, next, answered) {
  const hands = [];
  let timer = 0;

  function inPage() {
    let busy = null;
    hands.push({
      take() {
        const asked = busy ? null : next();
        if (!asked) return;
        busy = Object.assign(begin(...asked), { mapped: false });
        work();
      },
    });
    function work() {
      const end = performance.now() + SLICE;
      while (busy.stage !== "done" && performance.now() < end) advance(busy);
      if (busy.stage !== "done") return (timer = setTimeout(work));
      const { fitted, k } = busy;
      busy = null;
      answered({ fitted, k });
      wake();
    }
  }

  function inWorker(place) {
    const worker = new Worker(place, { type: "module" });
    let asked = null;
    const hand = {
      take() {
        if (!asked && (asked = next())) worker.postMessage(asked);
      },
      end: () => worker.terminate(),
    };
    worker.onmessage = ({ data }) => {
      asked = null;
      answered(data);
      hand.take();
    };
    const failed = (event) => {
      event.preventDefault(); // the page does its work
      if (!hands.includes(hand)) return;
      stop();
      inPage();
      answered(null);
      wake();
    };
    for (const fault of ["error", "messageerror"]) worker.addEventListener(fault, failed);
    hands.push(hand);
  }

  function gather() {
    try {
      const answer = "\nself.onmessage = ({ data }) => self.postMessage(score(...data));";
      const code = new Blob([source, answer], { type: "text/javascript" });
      const place = URL.createObjectURL(code);
      const cores = navigator.hardwareConcurrency || 2;
      for (let i = 0; i < Math.min(cores, MOST); i++) inWorker(place);
    } catch {
      if (!hands.length) inPage();
    }
  }

  function wake() {
    if (!hands.length) gather();
    hands.forEach((hand) => hand.take());
  }

  function stop() {
    clearTimeout(timer);
    for (const hand of hands.splice(0)) hand.end?.();
  }
  return { wake, stop };
}

const fresh = (radius, width) =>
  ({ radius, width, seed: FIRST_DRAW, counts: new Uint32Array(COUNT + 1), drawn: 0, fits: 0, sum: 0 });

const settings = ({ radius, width }) => `radius ${radius.toFixed(2)}, width ${width}`;

function summary(tally) {
  const { drawn, fits, sum } = tally;
  const unfit = drawn - fits ? ` (${drawn - fits} more with a teacher that does not fit)` : "";
  const mean = fits ? `, ${(sum / fits).toFixed(1)} of ${COUNT} right on average` : "";
  return `${settings(tally)}: ${fits} draws${unfit}${mean}`;
}

function paintDraws(canvas, now, before, look) {
  const [pen, w, h] = prepare(canvas), left = 8, floor = h - 38;
  const ink = look.color, student = look.getPropertyValue("--live-student");
  const bar = (w - 2 * left) / (COUNT + 1), middle = (k) => left + (k + 0.5) * bar;
  const shares = ({ counts, fits }) => Array.from(counts, (count) => count / Math.max(fits, RUN / 4));
  const bars = shares(now), ghost = before && shares(before);
  const top = Math.max(0.1, ...bars, ...(ghost ?? [])), height = (share) => (share / top) * (floor - 26);
  pen.fillStyle = student;
  bars.forEach((share, k) => {
    pen.fillRect(middle(k) - 0.43 * bar, floor - height(share), 0.86 * bar, height(share));
  });
  ghost?.forEach((share, k) => {
    if (!share) return;
    pen.strokeStyle = ink;
    pen.lineWidth = 1;
    pen.strokeRect(middle(k) - 0.43 * bar, floor - height(share), 0.86 * bar, height(share));
  });
  line(pen, ink, 1, left, floor, w - left, floor);
  pen.setLineDash([4, 3]);
  line(pen, ink, 1, middle(COUNT / 2), 20, middle(COUNT / 2), floor);
  pen.setLineDash([]);
  line(pen, ink, 2, middle(PUBLISHED), 20, middle(PUBLISHED), floor);
  pen.fillStyle = ink;
  pen.font = "13px sans-serif";
  pen.textAlign = "center";
  for (const k of [0, 8, 16, 24, 32]) pen.fillText(k, middle(k), floor + 15);
  pen.fillText(`points right, of ${COUNT}`, w / 2, h - 6);
  pen.fillText("chance", middle(COUNT / 2), 14);
  pen.textAlign = "left";
  pen.fillText("published: 23", middle(PUBLISHED) - 20, 14);
}

/** The histogram and its button. `aim` says which radius and width count from now on. */
export function histogram({ node, source, visible, say }) {
  const [button, told, formerly] = node.querySelectorAll("button, p");
  const chart = node.querySelector("canvas"), progress = node.querySelector("progress");
  let tally = null, ghost = null, wanted = 0, given = 0, begun = 0;

  const team = crew(source, () => {
    if (given >= wanted || !visible()) return null;
    given++;
    return [tally.seed++, tally.radius, tally.width];
  }, (answer) => {
    if (!answer) given = tally.drawn; // workers have failed: others take their place
    else {
      tally.drawn++;
      if (answer.fitted === COUNT) {
        tally.counts[answer.k]++;
        tally.fits++;
        tally.sum += answer.k;
      }
      if (tally.drawn === wanted) say(`${summary(tally)}.`);
    }
    show();
  });

  /** How long the rest of a hundred will take, once there are some to judge by. */
  function left() {
    const rest = wanted - tally.drawn, done = RUN - rest;
    if (rest <= 0 || done < 5) return "";
    return `; ${Math.ceil((rest / done) * (performance.now() - begun) / 1000)} s left`;
  }

  function show() {
    button.textContent = wanted > tally.drawn ? "Stop" : `Run ${RUN} draws`;
    told.textContent = (tally.drawn ? summary(tally) : `${settings(tally)}: no draws yet`) + left();
    progress.value = 1 - (wanted - tally.drawn) / RUN;
    progress.style.visibility = wanted > tally.drawn ? "visible" : "hidden";
    formerly.textContent = ghost ? `Outline: ${summary(ghost)}` : "";
    chart.ariaLabel = `Histogram of the points that students get right. ${told.textContent}. ` +
      `${formerly.textContent} A line marks the published 23, a dashed one chance, 16.`;
    paintDraws(chart, tally, ghost, getComputedStyle(node));
  }
  button.onclick = () => {
    if (wanted > tally.drawn) {
      team.stop();
      wanted = given = tally.drawn;
    } else {
      wanted = tally.drawn + RUN;
      begun = performance.now();
    }
    show();
    team.wake();
  };
  return {
    show,
    wake: () => wanted > given && team.wake(),
    stop: team.stop,
    aim(radius, width) {
      if (tally?.radius === radius && tally.width === width) return;
      team.stop();
      if (tally?.fits) ghost = tally;
      tally = fresh(radius, width);
      wanted = given = 0;
    },
  };
}

