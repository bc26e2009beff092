/** The colors of labels, in slices and X-rays. */

/** sRGB of label 1, 2, ...: told apart by people who see colors differently too (Okabe and Ito, 2008). */
export const LABEL_COLORS = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
] as const;

export const labelColor = (label: number): readonly [number, number, number] =>
  LABEL_COLORS[(Math.round(label) - 1 + 7 * 1000) % LABEL_COLORS.length];
