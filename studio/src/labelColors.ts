/** The colors of labels, in slices and X-rays. */

type Rgb = readonly [number, number, number];

/** sRGB of label 1, 2, ...: told apart by people who see colors differently too (Okabe and Ito, 2008). */
const FIRST: readonly Rgb[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
];
/** Degrees: hues that follow each other by it come nowhere near an earlier one for long. */
const GOLDEN_ANGLE = 180 * (3 - Math.sqrt(5));
/** Four: hues come close again after 21, 34 or 55 labels, which is never a multiple. */
const LIGHTNESS = [0.5, 0.72, 0.34, 0.6];

const made = new Map<number, Rgb>();

/** sRGB of a label (rounded): no two of the first hundred have the same. */
export function labelColor(label: number): Rgb {
  const known = made.get(label);
  if (known) return known;
  const whole = Math.round(label);
  const color =
    FIRST[whole - 1] ?? ofHue(Math.abs(whole) * GOLDEN_ANGLE, LIGHTNESS[Math.abs(whole) % LIGHTNESS.length]);
  made.set(label, color);
  return color;
}

/** HSL of 75 % saturation. `hue`: degrees. */
function ofHue(hue: number, lightness: number): Rgb {
  const reach = 0.75 * Math.min(lightness, 1 - lightness);
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}
