import { type DisplayWindow, type GreyOptions, greyImage, SIGNED_COLORS } from "./display.js";
import { type Html, html } from "./html.js";

const BAR_HEIGHT = 10;
const HEIGHT = 28;
/** Enough for the film curve to look smooth. */
const GREY_STEPS = 64;

/** A number with three significant digits, without needless zeros: 0.0192, 55.5, 1.2e-5, 1020. */
export function formatNumber(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6)
    return value
      .toExponential(2)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  return size >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** The greys of a preset from the low to the high end of its window. */
export function greyScaleBar(options: {
  readonly window: DisplayWindow;
  readonly width: number;
  readonly preset?: GreyOptions["preset"];
}): Html {
  const { window, width, preset } = options;
  const values = Array.from(
    { length: GREY_STEPS },
    (_, i) => window.low + ((i + 0.5) / GREY_STEPS) * (window.high - window.low),
  );
  const colors = [...greyImage(values, { preset, window })].map((grey) => `rgb(${grey},${grey},${grey})`);
  return scaleBar(width, colors, [window.low, (window.low + window.high) / 2, window.high]);
}

/** Blue, white, red from -limit to limit. */
export function signedScaleBar({ limit, width }: { readonly limit: number; readonly width: number }): Html {
  const [negative, zero, positive] = SIGNED_COLORS;
  const colors = Array.from({ length: GREY_STEPS }, (_, i) => {
    const value = ((i + 0.5) / GREY_STEPS) * 2 - 1;
    const end = value < 0 ? negative : positive;
    return `rgb(${zero.map((c, k) => Math.round(c + Math.abs(value) * (end[k] - c))).join(",")})`;
  });
  return scaleBar(width, colors, [-limit, 0, limit]);
}

/** Cells of color in a frame, with a number at the left end, the middle and the right end. */
function scaleBar(width: number, colors: readonly string[], ticks: readonly [number, number, number]): Html {
  const cell = width / colors.length;
  const anchors = ["start", "middle", "end"];
  return html`<svg width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="11" fill="currentColor">${colors.map(
    // Half a pixel of overlap hides the seams of antialiasing.
    (color, i) => html`<rect x="${i * cell}" y="4" width="${cell + 0.5}" height="${BAR_HEIGHT}" fill="${color}"/>`,
  )}<rect x="0.5" y="4.5" width="${width - 1}" height="${BAR_HEIGHT - 1}" fill="none" stroke="#888"/>${ticks.map(
    (value, i) =>
      html`<text x="${(i * width) / 2}" y="${HEIGHT - 3}" text-anchor="${anchors[i]}">${formatNumber(value)}</text>`,
  )}</svg>`;
}
