// Draws the live views of a page without a kernel, as anywidget does with one: each is a module,
// and its state stands in the page.

const KIND = "application/vnd.jupyter.widget-";
const stored = document.querySelector(`script[type="${KIND}state+json"]`);
const models = JSON.parse(stored?.textContent ?? '{"state": {}}').state;

/** What a view asks of its model. There is no kernel, so nothing changes and nobody answers. */
function model({ state, buffers = [] }) {
  for (const { path, data } of buffers) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const last = path.pop();
    path.reduce((inner, key) => inner[key], state)[last] = new DataView(bytes.buffer);
  }
  const silent = () => {};
  return { get: (name) => state[name], set: silent, save_changes: silent, on: silent, off: silent, send: silent };
}

async function draw(place) {
  const stored = models[JSON.parse(place.textContent).model_id];
  const { _esm, _css } = stored.state;
  const style = document.createElement("style");
  style.textContent = _css;
  document.head.append(style);
  const source = URL.createObjectURL(new Blob([_esm], { type: "text/javascript" }));
  const view = await import(source);
  const el = document.createElement("div");
  el.className = "jupyter-widgets";
  place.after(el);
  await view.default.render({ model: model(stored), el });
}

// A view far down the page waits until the reader comes near.
const near = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    draw(target.querySelector(`script[type="${KIND}view+json"]`));
  }
}, { rootMargin: "50% 0px" });
for (const place of document.querySelectorAll(`script[type="${KIND}view+json"]`)) {
  near.observe(place.parentElement);
}
