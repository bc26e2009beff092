/** Two images of one scene in one picture: a measured X-ray and the rendering that should look like it. */
import { fault } from "../core/index.js";
import { displayWindow, greyImage } from "./display.js";
import { type EdgeOptions, findEdges } from "./edges.js";
import type { Html } from "./html.js";
import { type FigureOptions, type Image, pictureFigure } from "./picture.js";

/** sRGB of edges over grey: amber, told apart with any color vision. */
export const EDGE_COLOR = [255, 176, 0] as const;

/**
 * 8-bit grey, proportional to the value within a window that leaves out 1 % of the darkest and 0.3 % of the brightest
 * pixels: for images of which nobody knows whether they have had the tone of film already.
 */
export const plainGrey = (values: ArrayLike<number>): Uint8Array =>
  greyImage(values, { preset: "line-integral", window: displayWindow(values, "radiograph") });

/** How a checkerboard is drawn. */
export interface CheckerboardOptions {
  /** Squares along the longer side. @default 8 */
  readonly squares?: number;
}

/**
 * 8-bit grey of two images in turn, square by square; each has its own window, since a measured X-ray and a rendering
 * seldom share a unit. The first square, at the top left, is of `a`.
 * @throws SHAPE_MISMATCH
 */
export function checkerboardImage(a: Image, b: Image, { squares = 8 }: CheckerboardOptions = {}): Uint8Array {
  checkSameSize(a, b);
  const [first, second] = [a, b].map(({ values }) => plainGrey(values));
  const { rows, columns } = a;
  const side = Math.max(1, Math.round(Math.max(rows, columns) / squares));
  const out = new Uint8Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const i = r * columns + c;
      out[i] = (Math.floor(r / side) + Math.floor(c / side)) % 2 === 0 ? first[i] : second[i];
    }
  return out;
}

/**
 * 8-bit RGB: `image` in grey, the edges of `outline` over it in `EDGE_COLOR`.
 * @throws SHAPE_MISMATCH
 */
export function edgeOverlayImage(image: Image, outline: Image, options: EdgeOptions = {}): Uint8Array {
  checkSameSize(image, outline);
  const grey = plainGrey(image.values);
  const edges = findEdges(outline, options);
  const rgb = new Uint8Array(3 * grey.length);
  for (let i = 0; i < grey.length; i++) for (let k = 0; k < 3; k++) rgb[3 * i + k] = edges[i] ? EDGE_COLOR[k] : grey[i];
  return rgb;
}

/** `checkerboardImage` as a figure. @throws SHAPE_MISMATCH */
export const checkerboardFigure = (a: Image, b: Image, options: FigureOptions & CheckerboardOptions = {}): Html =>
  pictureFigure(a, checkerboardImage(a, b, options), options);

/** `edgeOverlayImage` as a figure. @throws SHAPE_MISMATCH */
export const edgeOverlayFigure = (image: Image, outline: Image, options: FigureOptions & EdgeOptions = {}): Html =>
  pictureFigure(image, edgeOverlayImage(image, outline, options), options);

function checkSameSize(a: Image, b: Image): void {
  for (const { rows, columns, values } of [a, b])
    if (rows !== a.rows || columns !== a.columns || values.length !== rows * columns)
      throw fault(
        "SHAPE_MISMATCH",
        `found ${a.rows} x ${a.columns} and ${rows} x ${columns} pixels (${values.length} values); expected two images of one size; render at the size of the other`,
        { defect: "length" },
      );
}
