/**
 * Weights of rays that are measured twice. A ray of fan angle g (radians, counterclockwise from the central ray) in the
 * view at b (radians, counterclockwise) is the same line as the ray of fan angle -g at b + pi + 2 g: the weights of the
 * two sum to 1.
 */

/**
 * Parker's weights of a short scan. b: 0 to pi + 2 delta, delta >= |g|.
 * Source: Parker, Med. Phys. 9(2), 1982; delta larger than the fan: over-scan.
 */
export function parkerWeight(b: number, g: number, delta: number): number {
  const end = Math.PI + 2 * delta;
  if (b < 2 * (delta - g)) return Math.sin((Math.PI / 4) * (b / (delta - g))) ** 2;
  if (b <= Math.PI - 2 * g) return 1;
  return Math.sin((Math.PI / 4) * ((end - b) / (delta + g))) ** 2;
}

/** Radians over which `arcWeight` fades at both ends. */
const FADE = Math.PI / 18;

/**
 * Weights of any arc: fade(b) over the sum of fade over the line's measurements, so that what is measured once counts
 * fully and nothing counts twice; for arcs too short for Parker's weights. b: 0 to `arc`.
 * Source: Noo, Defrise, Clackdoyle, Kudo, Phys. Med. Biol. 47(14), 2002.
 */
export function arcWeight(b: number, g: number, arc: number): number {
  const own = fade(b, arc);
  const opposite = b + Math.PI + 2 * g;
  const turn = 2 * Math.PI;
  const other = fade(opposite - turn * Math.floor(opposite / turn), arc);
  return own === 0 ? 0 : own / (own + other);
}

function fade(b: number, arc: number): number {
  if (b < 0 || b > arc) return 0;
  const toEnd = Math.min(b, arc - b);
  const width = Math.min(FADE, arc / 2);
  return toEnd >= width ? 1 : Math.sin((Math.PI / 2) * (toEnd / width)) ** 2;
}

/** Transition of `displacedWeight`, over the reach of the detector's wider side. */
const TRANSITION = 1 / 3;

/**
 * Weights of a displaced detector in a full turn. `a`: where the ray passes the axis (fan angle; mm for parallel rays),
 * counted towards the wider side, which reaches to `wide`, the other to `narrow`: 0 beyond the narrow side, 1 beyond its
 * mirror image, 1/2 (1 + sin(pi a / (2 narrow))) between. Overlaps of more than a third of the wide side keep 1/2 in
 * their middle, which is best for noise.
 * Source: Wang, Med. Phys. 29(7), 2002 (sine weights of an asymmetric detector).
 */
export function displacedWeight(a: number, narrow: number, wide: number): number {
  const transition = Math.min(narrow, TRANSITION * wide);
  const size = Math.abs(a);
  if (size <= narrow - transition) return 0.5;
  if (size >= narrow) return a > 0 ? 1 : 0;
  const part = Math.sin((Math.PI / 2) * ((size - narrow + transition) / transition));
  return 0.5 * (1 + Math.sign(a) * part);
}
