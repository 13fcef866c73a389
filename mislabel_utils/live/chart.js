// Learning curves as they grow: accuracy over passes, each curve named at its end.

const TALL = 240, EDGE = { left: 46, right: 14, top: 26, bottom: 40 };

/** An element of a drawing, with attributes and text. */
function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * A chart of `passes` passes; `across` and `up` say what its axes show.
 *
 * `show` draws curves: each has a `role`, which is its class, a `name`, `points` as pairs of passes
 * and shares, and is `former` if it is of an earlier run.
 */
export function chart(passes, across, up) {
  const node = drawn("svg", { class: "curves", role: "img" });
  let shown = [];

  function paint() {
    const wide = node.clientWidth;
    if (!wide) return;
    node.setAttribute("viewBox", `0 0 ${wide} ${TALL}`);
    const [right, low] = [wide - EDGE.right, TALL - EDGE.bottom];
    const x = (pass) => EDGE.left + (pass / passes) * (right - EDGE.left);
    const y = (share) => low - share * (low - EDGE.top);
    const text = (at, down, words, other) => drawn("text", { x: at, y: down, ...other }, words);
    const line = (share, other) =>
      drawn("line", { x1: EDGE.left, x2: right, y1: y(share), y2: y(share), ...other });
    node.replaceChildren(
      text(0, 12, up),
      ...[0, 0.5, 1].flatMap((share) => [
        line(share, { class: "grid" }),
        text(EDGE.left - 8, y(share) + 4, `${100 * share} %`, { "text-anchor": "end" }),
      ]),
      line(0.1, { class: "chance" }),
      text(EDGE.left + 4, y(0.1) + 14, "guessing", { class: "chance" }),
      ...[0, 1, 2, 3].map((i) => {
        const at = (passes * i) / 3;
        return text(x(at), low + 16, `${at}`, { "text-anchor": "middle" });
      }),
      text((EDGE.left + right) / 2, TALL - 6, across, { "text-anchor": "middle" }),
      ...shown.map(({ role, points, former }) => {
        const d = points.map(([pass, share], i) => `${i ? "L" : "M"}${x(pass)} ${y(share)}`);
        return drawn("path", { class: former ? `${role} former` : role, d: d.join("") });
      }),
    );
    for (const { role, name, points, former } of shown) {
      if (former || !points.length) continue;
      const [pass, share] = points[points.length - 1];
      node.append(drawn("circle", { class: role, cx: x(pass), cy: y(share), r: 4 }));
      if (pass < 0.4) continue; // they all begin in one place
      const late = x(pass) > wide / 2;
      let down = y(share) - 10;
      if (Math.abs(down - 5 - y(0.1)) < 14) down = y(0.1) - 8; // the dashed line crosses no name
      const label = text(x(pass) + (late ? 4 : 0), down, name, {
        class: `${role} name`,
        "text-anchor": late ? "end" : "start",
      });
      node.append(label);
    }
  }

  const fit = new ResizeObserver(paint);
  fit.observe(node);
  return {
    node,
    show(curves) {
      shown = curves;
      paint();
    },
    stop: () => fit.disconnect(),
  };
}
