import type { XRayImage } from "./protocol";

type Pixels = Pick<XRayImage, "rows" | "columns" | "values">;

/**
 * An image whose rows are as far from each other as its columns, as the page's detector has them: interpolated linearly
 * along the columns, its middle where it was. `pixelSize` is that of the image, mm: [along a row, along a column].
 */
export function squarePixels(image: Pixels, pixelSize: readonly [number, number] | undefined): Pixels {
  if (!pixelSize || pixelSize[0] === pixelSize[1]) return image;
  const [across, down] = pixelSize;
  const { rows, columns, values } = image;
  const squareRows = Math.max(1, Math.round((rows * down) / across));
  const out = new Float32Array(squareRows * columns);
  for (let row = 0; row < squareRows; row++) {
    const place = Math.min(rows - 1, Math.max(0, ((row + 0.5 - squareRows / 2) * across) / down + rows / 2 - 0.5));
    const from = Math.floor(place);
    const share = place - from;
    const next = Math.min(rows - 1, from + 1);
    for (let column = 0; column < columns; column++)
      out[row * columns + column] =
        (1 - share) * values[from * columns + column] + share * values[next * columns + column];
  }
  return { rows: squareRows, columns, values: out };
}
