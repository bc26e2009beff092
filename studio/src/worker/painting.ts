/** Values become pixels: what is asked of the painter, and how it is done. */
import {
  checkerboardImage,
  type DisplayPreset,
  type DisplayWindow,
  edgeOverlayImage,
  greyImage,
  plainGrey,
} from "tomograd/report";
import { labelColor } from "../labelColors";

/** [row][column]. */
export interface Picture {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** Grey values, and labels over them in color (0: none). */
export interface GreyPainting {
  readonly how: "grey";
  readonly picture: Picture;
  readonly window: DisplayWindow;
  readonly preset: DisplayPreset;
  readonly labels?: { readonly values: Float32Array; readonly opacity: number };
}

export const OVERLAYS = ["edges", "checkerboard", "flicker", "X-ray"] as const;
export type Overlay = (typeof OVERLAYS)[number];

/** An X-ray and a rendering in one picture; the rendering may be coarser. */
export interface ComparisonPainting {
  readonly how: "comparison";
  readonly picture: Picture;
  readonly rendering?: Picture;
  readonly overlay: Overlay;
  /** Which of the two "flicker" shows. */
  readonly turned: boolean;
}

export type Painting = GreyPainting | ComparisonPainting;

/** RGBA of the painting, in the picture's rows and columns. */
export function pixelsOf(painting: Painting): Uint8ClampedArray<ArrayBuffer> {
  return painting.how === "grey" ? greyPixels(painting) : comparisonPixels(painting);
}

const fromGrey = (grey: Uint8Array): Uint8ClampedArray<ArrayBuffer> => {
  const pixels = new Uint32Array(grey.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = 0xff000000 | (grey[i] * 0x010101);
  return new Uint8ClampedArray(pixels.buffer);
};

function fromRgb(rgb: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray((4 * rgb.length) / 3).fill(255);
  for (let i = 0, at = 0; at < pixels.length; i += 3, at += 4) for (let c = 0; c < 3; c++) pixels[at + c] = rgb[i + c];
  return pixels;
}

function greyPixels({ picture, window, preset, labels }: GreyPainting): Uint8ClampedArray<ArrayBuffer> {
  const pixels = fromGrey(greyImage(picture.values, { preset, window }));
  if (!labels) return pixels;
  for (let i = 0; i < labels.values.length; i++) {
    if (labels.values[i] === 0) continue;
    const color = labelColor(labels.values[i]);
    for (let c = 0; c < 3; c++) pixels[4 * i + c] += labels.opacity * (color[c] - pixels[4 * i + c]);
  }
  return pixels;
}

/** A picture with as many pixels as another one, each as the nearest of its own. */
function inPixelsOf({ rows, columns }: Picture, picture: Picture): Picture {
  if (picture.rows === rows && picture.columns === columns) return picture;
  const values = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const from = Math.floor((r * picture.rows) / rows) * picture.columns;
    for (let c = 0; c < columns; c++)
      values[r * columns + c] = picture.values[from + Math.floor((c * picture.columns) / columns)];
  }
  return { rows, columns, values };
}

function comparisonPixels({ picture, rendering, overlay, turned }: ComparisonPainting) {
  if (!rendering || overlay === "X-ray") return fromGrey(plainGrey(picture.values));
  const image = inPixelsOf(picture, rendering);
  switch (overlay) {
    case "edges":
      return fromRgb(edgeOverlayImage(picture, image));
    case "checkerboard":
      return fromGrey(checkerboardImage(picture, image));
    case "flicker":
      return fromGrey(plainGrey((turned ? image : picture).values));
  }
}
