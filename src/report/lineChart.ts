import { fault } from "../core/index.js";
import { type Html, html, trustedHtml } from "./html.js";

/** One curve: a name and its points in order. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Axes and size of a chart. */
export interface LineChartOptions {
  readonly xLabel: string;
  readonly yLabel: string;
  /** Powers of ten at equal distances; points that are not positive are left out. @default false */
  readonly logarithmic?: boolean;
  /** CSS pixels. @default 640 */
  readonly width?: number;
  /** CSS pixels. @default 320 */
  readonly height?: number;
}

/** Told apart with any color vision, on white and on black (Okabe and Ito 2008, without black and yellow). */
const COLORS = ["#1f86c8", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"];

/**
 * Curves as SVG below their names. At most 6 curves. Observable Plot draws them on a document without a browser; both
 * are loaded at the first call. @throws INVALID_ARGUMENT for more curves
 */
export async function lineChart(curves: readonly Curve[], options: LineChartOptions): Promise<Html> {
  if (curves.length > COLORS.length)
    throw fault(
      "INVALID_ARGUMENT",
      `a chart tells ${COLORS.length} curves apart, got ${curves.length}; draw two charts`,
    );
  const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { xLabel, yLabel, logarithmic = false, width = 640, height = 320 } = options;
  const points = curves.flatMap(({ name, points }) =>
    points
      .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y) && (!logarithmic || y > 0))
      .map(([x, y]) => ({ name, x, y })),
  );
  const channels = { x: "x", y: "y", stroke: "name" };
  const chart = Plot.plot({
    document: parseHTML("<!doctype html><html><body></body></html>").document,
    width,
    height,
    marginLeft: 60,
    marginRight: 16,
    style: { fontSize: "12px", background: "none" },
    x: { label: xLabel },
    y: { label: yLabel, grid: true, nice: true, ...(logarithmic ? { type: "log", tickFormat: "~e" } : {}) },
    color: { domain: curves.map(({ name }) => name), range: COLORS.slice(0, curves.length) },
    marks: [
      Plot.lineY(points, { ...channels, strokeWidth: 2 }),
      Plot.dot(points.length <= 3 * curves.length ? points : [], { ...channels, fill: "name" }),
    ],
  });
  return html`<div class="chart">${curves.length > 1 && legend(curves)}${trustedHtml(chart.outerHTML)}</div>`;
}

const legend = (curves: readonly Curve[]): Html =>
  html`<div class="legend">${curves.map(({ name }, i) => html`<span><b style="background: ${COLORS[i]}"></b>${name}</span>`)}</div>`;
