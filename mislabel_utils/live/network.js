// A small convolutional network that learns in the reader's browser. 28 x 28 pixels; twice a
// 3 x 3 convolution (to 8 and to 16 channels), the largest of each 2 x 2 pixels, ReLU; one linear
// layer to ten logits. The tests compare it with PyTorch. Nothing here asks for memory while it
// learns, and nothing here knows of a page: it runs in a worker. Python joins it with random.js.

export const BATCH = 32, RATE = 0.006; // the rate's peak
const PIXELS = 28, CLASSES = 10, FEATURES = 16 * 7 * 7;
const FIRST = { channels: 1, maps: 8, side: 28, at: 0, framed: 1 };
const SECOND = { channels: 8, maps: 16, side: 14, at: 80, framed: 0 };
const LINEAR = 80 + 1168; // where its weights begin
export const SIZE = LINEAR + CLASSES * FEATURES + CLASSES;

/**
 * A network as PyTorch initialises it, and all that its training needs.
 *
 * Its parameters `p` lie in one row, each layer's weights (out, in, 3, 3 or out, in) before its
 * biases, and so do their gradients `g` and Adam's two averages.
 */
export function network(random) {
  const row = (length) => new Float64Array(length); // the processor computes in these: no conversion
  const net = {
    p: row(SIZE), g: row(SIZE), mean: row(SIZE), square: row(SIZE), steps: 0,
    input: row(30 * 30), // with a frame of zeros, like the first maps
    maps: row(8 * 16 * 16), mapsBack: row(8 * 16 * 16), mapsFrom: new Int8Array(8 * 14 * 14),
    features: row(FEATURES), featuresBack: row(FEATURES), featuresFrom: new Int8Array(FEATURES),
    logits: row(CLASSES), probabilities: row(CLASSES),
  };
  for (const { channels, maps, at } of [FIRST, SECOND]) {
    const bound = 1 / Math.sqrt(9 * channels), end = at + (9 * channels + 1) * maps;
    for (let i = at; i < end; i++) net.p[i] = bound * (2 * random() - 1);
  }
  const bound = 1 / Math.sqrt(FEATURES);
  for (let i = LINEAR; i < SIZE; i++) net.p[i] = bound * (2 * random() - 1);
  return net;
}

/**
 * Convolution, the largest of each 2 x 2 sums, ReLU.
 *
 * `from` says which of the four it was, -1 where ReLU lets nothing through. Each turn of the inner
 * loop takes the 4 x 4 inputs that four neighbouring sums share.
 */
function convolve({ channels, maps, side, at, framed }, p, input, output, from) {
  const wide = side + 2, area = wide * wide, half = side / 2, kernels = 9 * channels;
  const outWide = half + 2 * framed;
  for (let map = 0, place = 0; map < maps; map++) {
    const bias = p[at + maps * kernels + map];
    const first = at + map * kernels, last = first + kernels;
    for (let y = 0; y < half; y++) {
      let out = (map * outWide + y + framed) * outWide + framed;
      for (let x = 0; x < half; x++, out++, place++) {
        let a = bias, b = bias, c = bias, d = bias;
        for (let k = first, i = 2 * (y * wide + x); k < last; k += 9, i += area) {
          const j = i + wide, m = j + wide, n = m + wide;
          const i0 = input[i], i1 = input[i + 1], i2 = input[i + 2], i3 = input[i + 3];
          const j0 = input[j], j1 = input[j + 1], j2 = input[j + 2], j3 = input[j + 3];
          const m0 = input[m], m1 = input[m + 1], m2 = input[m + 2], m3 = input[m + 3];
          const n0 = input[n], n1 = input[n + 1], n2 = input[n + 2], n3 = input[n + 3];
          let w = p[k];
          a += w * i0; b += w * i1; c += w * j0; d += w * j1;
          w = p[k + 1];
          a += w * i1; b += w * i2; c += w * j1; d += w * j2;
          w = p[k + 2];
          a += w * i2; b += w * i3; c += w * j2; d += w * j3;
          w = p[k + 3];
          a += w * j0; b += w * j1; c += w * m0; d += w * m1;
          w = p[k + 4];
          a += w * j1; b += w * j2; c += w * m1; d += w * m2;
          w = p[k + 5];
          a += w * j2; b += w * j3; c += w * m2; d += w * m3;
          w = p[k + 6];
          a += w * m0; b += w * m1; c += w * n0; d += w * n1;
          w = p[k + 7];
          a += w * m1; b += w * m2; c += w * n1; d += w * n2;
          w = p[k + 8];
          a += w * m2; b += w * m3; c += w * n2; d += w * n3;
        }
        let largest = a, which = 0;
        if (b > largest) { largest = b; which = 1; }
        if (c > largest) { largest = c; which = 2; }
        if (d > largest) { largest = d; which = 3; }
        output[out] = largest > 0 ? largest : 0;
        from[place] = largest > 0 ? which : -1;
      }
    }
  }
}

const places = new Int32Array(14 * 14), slopes = new Float64Array(14 * 14);

/**
 * Add to `g` what the slopes `back` of a convolution's outputs mean for its weights, and to
 * `inputBack`, where it is given, what they mean for its inputs.
 *
 * Pooling passes a slope to one of four sums, and ReLU to none where it is closed: the rest are
 * zeros, which nothing here multiplies.
 */
function convolveBack(layer, p, g, input, back, from, inputBack) {
  const { channels, maps, side, at, framed } = layer;
  const wide = side + 2, area = wide * wide, half = side / 2, kernels = 9 * channels;
  const outWide = half + 2 * framed;
  for (let map = 0, place = 0; map < maps; map++) {
    let count = 0, total = 0;
    for (let y = 0; y < half; y++) {
      let out = (map * outWide + y + framed) * outWide + framed;
      for (let x = 0; x < half; x++, out++, place++) {
        const which = from[place];
        if (which < 0) continue;
        places[count] = (2 * y + (which >> 1)) * wide + 2 * x + (which & 1);
        slopes[count++] = back[out];
        total += back[out];
      }
    }
    g[at + maps * kernels + map] += total;
    for (let c = 0, k = at + map * kernels; c < channels; c++, k += 9) {
      const start = c * area;
      let g0 = 0, g1 = 0, g2 = 0, g3 = 0, g4 = 0, g5 = 0, g6 = 0, g7 = 0, g8 = 0;
      for (let n = 0; n < count; n++) {
        const slope = slopes[n], i = start + places[n], j = i + wide, m = j + wide;
        g0 += slope * input[i]; g1 += slope * input[i + 1]; g2 += slope * input[i + 2];
        g3 += slope * input[j]; g4 += slope * input[j + 1]; g5 += slope * input[j + 2];
        g6 += slope * input[m]; g7 += slope * input[m + 1]; g8 += slope * input[m + 2];
      }
      g[k] += g0; g[k + 1] += g1; g[k + 2] += g2;
      g[k + 3] += g3; g[k + 4] += g4; g[k + 5] += g5;
      g[k + 6] += g6; g[k + 7] += g7; g[k + 8] += g8;
      if (!inputBack) continue;
      const w0 = p[k], w1 = p[k + 1], w2 = p[k + 2], w3 = p[k + 3], w4 = p[k + 4];
      const w5 = p[k + 5], w6 = p[k + 6], w7 = p[k + 7], w8 = p[k + 8];
      for (let n = 0; n < count; n++) {
        const slope = slopes[n], i = start + places[n], j = i + wide, m = j + wide;
        inputBack[i] += slope * w0; inputBack[i + 1] += slope * w1; inputBack[i + 2] += slope * w2;
        inputBack[j] += slope * w3; inputBack[j + 1] += slope * w4; inputBack[j + 2] += slope * w5;
        inputBack[m] += slope * w6; inputBack[m + 1] += slope * w7; inputBack[m + 2] += slope * w8;
      }
    }
  }
}

/**
 * Run the network on one image of a row of images (uint8): fills its features (the last layer's
 * inputs), logits and probabilities, and returns the digit it names.
 */
export function forward(net, images, number, [mean, std]) {
  const { p, input, features, logits, probabilities } = net;
  const scale = 1 / (255 * std), shift = -mean / std;
  for (let y = 0, i = number * PIXELS ** 2; y < PIXELS; y++) {
    for (let x = 0, at = (y + 1) * 30 + 1; x < PIXELS; x++, i++, at++) input[at] = scale * images[i] + shift;
  }
  convolve(FIRST, p, input, net.maps, net.mapsFrom);
  convolve(SECOND, p, net.maps, features, net.featuresFrom);
  let best = 0;
  for (let j = 0, k = LINEAR; j < CLASSES; j++) {
    let total = p[SIZE - CLASSES + j], other = 0; // neither sum waits for the other
    for (let i = 0; i < FEATURES; i += 2, k += 2) {
      total += p[k] * features[i];
      other += p[k + 1] * features[i + 1];
    }
    logits[j] = total + other;
    if (logits[j] > logits[best]) best = j;
  }
  let sum = 0;
  for (let j = 0; j < CLASSES; j++) sum += probabilities[j] = Math.exp(logits[j] - logits[best]);
  for (let j = 0; j < CLASSES; j++) probabilities[j] /= sum;
  return best;
}

/**
 * Add to `g` the gradient of `share` times the cross-entropy between the ten target probabilities
 * of an image and the answer of `forward`, which went before. Returns the cross-entropy.
 */
function backward(net, targets, number, share) {
  const { p, g, features, featuresBack, featuresFrom, probabilities } = net;
  featuresBack.fill(0);
  let loss = 0;
  for (let j = 0, k = LINEAR; j < CLASSES; j++) {
    const target = targets[CLASSES * number + j];
    if (target) loss -= target * Math.log(probabilities[j]);
    const slope = share * (probabilities[j] - target);
    g[SIZE - CLASSES + j] += slope;
    for (let i = 0; i < FEATURES; i++, k++) {
      if (featuresFrom[i] < 0) continue;
      g[k] += slope * features[i];
      featuresBack[i] += slope * p[k];
    }
  }
  net.mapsBack.fill(0);
  convolveBack(SECOND, p, g, net.maps, featuresBack, featuresFrom, net.mapsBack);
  convolveBack(FIRST, p, g, net.input, net.mapsBack, net.mapsFrom, null);
  return loss;
}

/** One step of Adam (Kingma and Ba 2015) along the gradient `g`. */
function adam({ p, g, mean, square, steps }, rate) {
  const size = rate / (1 - 0.9 ** steps), scale = 1 / Math.sqrt(1 - 0.999 ** steps);
  for (let i = 0; i < SIZE; i++) {
    const slope = g[i];
    mean[i] += 0.1 * (slope - mean[i]);
    square[i] += 0.001 * (slope * slope - square[i]);
    p[i] -= (size * mean[i]) / (scale * Math.sqrt(square[i]) + 1e-8);
  }
}

/** Learn from the images that stand at `BATCH` places of `order`; returns the mean loss. */
export function trainStep(net, { images, targets, scale }, order, start, rate) {
  let loss = 0;
  net.g.fill(0);
  for (let i = start; i < start + BATCH; i++) {
    forward(net, images, order[i], scale);
    loss += backward(net, targets, order[i], 1 / BATCH);
  }
  net.steps++;
  adam(net, rate);
  return loss / BATCH;
}

/** The rate of a step: a linear rise over the first fifth of all steps, a linear fall to zero. */
export function rateAt(step, steps) {
  const done = step + 0.5, peak = steps / 5;
  return RATE * Math.min(done / peak, (steps - done) / (steps - peak));
}

/** Digits as ten probabilities each. */
export function oneHot(digits) {
  const targets = new Float32Array(CLASSES * digits.length);
  digits.forEach((digit, i) => (targets[CLASSES * i + digit] = 1));
  return targets;
}

/** Put `count` things of `size` numbers each into another order, each order as likely. */
export function shuffle(things, size, random) {
  for (let i = things.length / size - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    for (let k = 0; k < size; k++) {
      const one = things[i * size + k];
      things[i * size + k] = things[j * size + k];
      things[j * size + k] = one;
    }
  }
  return things;
}
