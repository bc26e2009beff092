/** Values become pixels of a canvas. */
import { type DisplayPreset, type DisplayWindow, greyImage } from "tomograd/report";

export interface Picture {
  readonly rows: number;
  readonly columns: number;
  /** [row][column]. */
  readonly values: Float32Array;
}

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

/** Draws grey values, and labels over them in color. The canvas takes the picture's size. */
export function paint(
  canvas: HTMLCanvasElement,
  { rows, columns, values }: Picture,
  window: DisplayWindow,
  preset: DisplayPreset,
  labels?: { readonly values: Float32Array; readonly opacity: number },
): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  const grey = greyImage(values, { preset, window });
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = 0xff000000 | (grey[i] * 0x010101);
  if (labels)
    for (let i = 0; i < pixels.length; i++) {
      if (labels.values[i] === 0) continue;
      const color = labelColor(labels.values[i]);
      for (let c = 0; c < 3; c++) image.data[4 * i + c] += labels.opacity * (color[c] - image.data[4 * i + c]);
    }
  context.putImageData(image, 0, 0);
}
