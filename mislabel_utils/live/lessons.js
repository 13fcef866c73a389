// The pictures that the reader's browser learns from and is tested on: they come when they are asked
// for, from beside the page or from the kernel of a notebook. `training.py` packs them.

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

/** The same from a script, which a page may load that is opened without a server. */
async function scripted(address, name) {
  await new Promise((resolve, reject) => {
    const onerror = () => reject(new Error(`no ${address}`));
    document.head.append(element("script", { src: address, onload: resolve, onerror }));
  });
  const response = await fetch(`data:;base64,${globalThis.trainingFiles[name]}`);
  return response.blob();
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
export async function load(model, name, progress) {
  const root = document.documentElement.dataset.content_root; // only a page of the book has one
  const address = `${root}_static/training/${name}`;
  let packed;
  if (root === undefined) packed = await ask(model, name);
  else if (location.protocol === "file:") packed = await scripted(`${address}.js`, name);
  else packed = await download(`${address}.bin`, progress);
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

