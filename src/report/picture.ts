import { encode } from "fast-png";
import { fault } from "../core/index.js";
import {
  type DisplayWindow,
  difference,
  displayWindow,
  type GreyOptions,
  greyImage,
  largestMagnitude,
  signedImage,
} from "./display.js";
import { type Html, type HtmlContent, html } from "./html.js";
import { greyScaleBar, signedScaleBar } from "./scaleBar.js";

/** Values of an image, [row][column], and where they lie. */
export interface Image {
  readonly rows: number;
  readonly columns: number;
  readonly values: ArrayLike<number>;
  /** mm (or any unit): [along a row, along a column]; pictures are drawn in this proportion. @default [1, 1] */
  readonly pixelSize?: readonly [number, number];
  /** Short texts at the edges: patient letters. */
  readonly letters?: EdgeLetters;
}

/** Texts at the four edges of a picture. */
export interface EdgeLetters {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

/** Size and text of a figure. */
export interface FigureOptions {
  readonly caption?: HtmlContent;
  /** Width of the picture on the page in CSS pixels. @default 256 */
  readonly width?: number;
  /** Draw the scale below the picture. @default true */
  readonly scaleBar?: boolean;
}

/** What a picture needs beyond the options that callers give. */
export interface PictureOptions extends FigureOptions {
  /** `data:` URI of the values behind the picture, for `windowedFigures`. */
  readonly exact?: string;
}

/** A PNG as `data:` URI. `pixels`: 8-bit, rows x columns of 1 (grey) or 3 (RGB) numbers. @throws SHAPE_MISMATCH */
export function pngDataUri(pixels: Uint8Array, rows: number, columns: number): string {
  const channels = pixels.length / (rows * columns);
  if (channels !== 1 && channels !== 3)
    throw fault(
      "SHAPE_MISMATCH",
      `${rows} x ${columns} pixels of grey or RGB need ${rows * columns} or ${3 * rows * columns} numbers, got ${pixels.length}`,
    );
  const bytes = encode({ width: columns, height: rows, data: pixels, channels, depth: 8 });
  let binary = "";
  // In pieces, because a call takes a limited number of arguments.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `data:image/png;base64,${btoa(binary)}`;
}

/** A grey picture of values with its scale. */
export function greyFigure(image: Image, options: FigureOptions & GreyOptions = {}): Html {
  const window = options.window ?? displayWindow(image.values, options.preset);
  const pixels = greyImage(image.values, { preset: options.preset, window });
  return pictureFigure(image, pixels, options, (width) => greyScaleBar({ ...options, window, width }));
}

/**
 * A picture of signed values, blue below zero and red above, with its scale.
 * `limit`: magnitude at the ends of the scale. @default the largest magnitude
 */
export function signedFigure(image: Image, options: FigureOptions & { readonly limit?: number } = {}): Html {
  const limit = options.limit ?? largestMagnitude(image.values);
  return pictureFigure(image, signedImage(image.values, limit), options, (width) => signedScaleBar({ limit, width }));
}

/** The signed difference a - b as a picture. @throws SHAPE_MISMATCH */
export const differenceFigure = (a: Image, b: Image, options: FigureOptions & { readonly limit?: number } = {}): Html =>
  signedFigure({ ...a, values: difference(a.values, b.values) }, options);

/** Figures side by side, wrapping at the edge of the page. */
export const figureRow = (figures: readonly Html[]): Html => html`<div class="figures">${figures}</div>`;

/** The window that covers several images, so that their greys can be compared. */
export function commonWindow(images: readonly Image[], preset?: GreyOptions["preset"]): DisplayWindow {
  const windows = images.map((image) => displayWindow(image.values, preset));
  return { low: Math.min(...windows.map((w) => w.low)), high: Math.max(...windows.map((w) => w.high)) };
}

/** An image drawn as `pixels` (8-bit grey or RGB) with letters, scale and caption. @throws SHAPE_MISMATCH */
export function pictureFigure(
  image: Image,
  pixels: Uint8Array,
  options: PictureOptions,
  drawScale?: (width: number) => Html,
): Html {
  const { rows, columns, letters, pixelSize = [1, 1] } = image;
  if (image.values.length !== rows * columns)
    throw fault("SHAPE_MISMATCH", `${rows} x ${columns} pixels are needed, got ${image.values.length} values`);
  const { caption, width = 256, scaleBar = true, exact } = options;
  const height = Math.max(1, Math.round((width * rows * pixelSize[1]) / (columns * pixelSize[0])));
  const edges = ["left", "right", "top", "bottom"] as const;
  return html`<figure><div class="picture"><img src="${pngDataUri(pixels, rows, columns)}" width="${width}" height="${height}" style="aspect-ratio: ${width} / ${height}" alt=""${exact !== undefined && html` data-exact="${exact}"`}>${
    letters && edges.map((edge) => html`<span class="${edge}">${letters[edge]}</span>`)
  }</div>${scaleBar && drawScale && html`<div>${drawScale(width)}</div>`}${
    caption !== undefined && html`<figcaption style="max-width: ${Math.max(width, 160)}px">${caption}</figcaption>`
  }</figure>
`;
}
