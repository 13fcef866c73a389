"""How fast "Train it here" is in this machine's Chromium: `python benchmarks/browser.py`, idle.

For each seed: seconds until the curve first moves and until both students are done, what they read
of the 1,000 test digits, and the longest time for which the page could not answer. Then images a
second of one network, forward and backward, beside ConvNetJS with the same layers in the same page,
where its file is given: `npm pack convnetjs`, unpack, `--convnetjs package/build/convnet.js`.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from mislabel_utils.live import training

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PAGE = """<!doctype html><html lang="en" data-content_root="./"><link rel="icon" href="data:,">
<style>STYLE</style><div id="view"></div><script type="module">
const traits = TRAITS;
const place = URL.createObjectURL(new Blob([traits._esm], { type: "text/javascript" }));
window.book = await import(place);
const el = document.getElementById("view");
window.book.default.render({ model: { get: (name) => traits[name] }, el });
window.longest = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
}).observe({ entryTypes: ["longtask"] });
</script>"""
LESSON = """async (again) => {
  const button = document.querySelectorAll(".training button")[again];
  const begun = performance.now(), seconds = () => (performance.now() - begun) / 1000;
  const read = (role) => document.querySelector(`.counter.${role} strong`).textContent;
  window.longest = 0;
  button.click();
  let first = 0;
  for (;;) {
    await new Promise((next) => setTimeout(next, 20));
    const curve = document.querySelector(".curves path.student:not(.former)");
    if (!first && curve?.getAttribute("d").includes("L")) first = seconds();
    if (document.querySelector(".primary").textContent === "Train again") break;
  }
  return { first, seconds: seconds(), student: read("student"), control: read("control"),
    longest: window.longest };
}"""
OURS = """(count) => {
  const random = book.generator(0, 0), net = book.network(random);
  const images = Uint8Array.from({ length: 784 * 320 }, () => 256 * random());
  const targets = book.oneHot(Uint8Array.from({ length: 320 }, () => 10 * random()));
  const order = Int32Array.from({ length: 320 }, (_, i) => i);
  const data = { images, targets, scale: [0.286, 0.353] };
  const step = (i) => book.trainStep(net, data, order, 32 * (i % 10), 0.001);
  for (let i = 0; i < 20; i++) step(i);
  const begun = performance.now();
  for (let i = 0; i < count / 32; i++) step(i);
  return (1000 * 32 * Math.floor(count / 32)) / (performance.now() - begun);
}"""
CONVNETJS = """(count) => {
  const net = new convnetjs.Net(), pool = { type: "pool", sx: 2, stride: 2 };
  const kernel = { type: "conv", sx: 3, stride: 1, pad: 1, activation: "relu" };
  const conv = (filters) => ({ ...kernel, filters });
  const input = { type: "input", out_sx: 28, out_sy: 28, out_depth: 1 };
  net.makeLayers([input, conv(8), pool, conv(16), pool, { type: "softmax", num_classes: 10 }]);
  const options = { method: "adam", learning_rate: 0.001, batch_size: 32, l2_decay: 0 };
  const trainer = new convnetjs.Trainer(net, options);
  const volumes = Array.from({ length: 32 }, () => {
    const volume = new convnetjs.Vol(28, 28, 1, 0);
    for (let i = 0; i < 784; i++) volume.w[i] = Math.random();
    return volume;
  });
  const one = (i) => trainer.train(volumes[i % 32], i % 10);
  for (let i = 0; i < 64; i++) one(i);
  const begun = performance.now();
  for (let i = 0; i < count; i++) one(i);
  return (1000 * count) / (performance.now() - begun);
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def measure(page: Page, seeds: int, convnetjs: Path | None) -> None:
    page.wait_for_selector(".training .primary")
    rows = []
    for seed in range(seeds):
        row = page.evaluate(LESSON, int(seed > 0))  # the second button takes another seed
        rows.append(row)
        print(
            f"seed {seed}: first movement {row['first']:.1f} s, done {row['seconds']:.1f} s, "
            f"student {row['student']}, shuffled {row['control']}, "
            f"page busy for at most {row['longest']:.0f} ms",
            flush=True,
        )
    read = [float(row["student"].split()[0]) for row in rows]
    print(f"mean {statistics.mean(read):.1f} % in {max(r['seconds'] for r in rows):.1f} s at most")
    ours = page.evaluate(OURS, 12_000)
    print(f"ours {ours:,.0f} images a second")
    if convnetjs:
        page.add_script_tag(path=convnetjs)
        theirs = page.evaluate(CONVNETJS, 1_000)
        print(f"ConvNetJS {theirs:,.0f}: ours is {ours / theirs:.1f} times as fast")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--convnetjs", type=Path)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Path(folder)
        training.beside(site)
        state = training.train_it_here().get_state()
        traits = json.dumps({name: state[name] for name in ("_esm", "scales", "kinds")})
        page = PAGE.replace("STYLE", state["_css"]).replace("TRAITS", traits.replace("</", "<\\/"))
        (site / "index.html").write_text(page, "utf-8")
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        opened = browser.new_page()
        opened.goto(f"http://127.0.0.1:{server.server_port}/")
        measure(opened, options.seeds, options.convnetjs)
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
