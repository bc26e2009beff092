/**
 * Seeded random numbers: PCG hash of a counter, so that any backend can produce the same stream
 * (value k of seed s depends on s and k alone).
 * Source: Jarzynski and Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020 (pcg).
 */
export function hash32(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

export interface Random {
  /** Uniform in [0, 1), 2^-32 steps. */
  uniform(): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** Integer in [0, n). */
  integer(n: number): number;
  /** Numbers drawn so far; with the seed this is the whole state. */
  readonly drawn: number;
}

/** A stream that depends on `seed` (an integer) alone; `drawn` continues a saved stream. */
export function createRandom(seed: number, drawn = 0): Random {
  const key = hash32(seed >>> 0);
  let counter = drawn;
  const uniform = () => hash32((hash32(counter++ >>> 0) ^ key) >>> 0) / 4294967296;
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    integer: (n) => Math.floor(uniform() * n),
    get drawn() {
      return counter;
    },
  };
}

/** `count` different integers of [0, n) in random order (partial Fisher-Yates). */
export function randomSubset(random: Random, n: number, count: number): Uint32Array {
  const all = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = i + random.integer(n - i);
    const swap = all[i];
    all[i] = all[j];
    all[j] = swap;
  }
  return all.slice(0, count);
}
