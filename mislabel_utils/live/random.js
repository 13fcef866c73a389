/** Random numbers in [0, 1): mulberry32, one sequence for each use (`stream`, 0 to 3) of a seed. */
export function generator(seed, stream) {
  let state = Math.imul(seed * 4 + stream + 1, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

