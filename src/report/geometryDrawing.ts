import { add, cross, dot, norm, normalize, scale, subtract, type Vec3 } from "../core/index.js";
import type { Detector, Trajectory, View } from "../geometry/index.js";
import { type Grid, gridCenter, gridCorners } from "../volume/index.js";
import { type Html, html } from "./html.js";

/** What to draw, from where. */
export interface GeometryDrawingOptions {
  /** World RAS mm. @default the middle of the grid */
  readonly isocenter?: Vec3;
  /** Degrees: the eye stands in front of the patient (0) and goes round to the patient's left. @default 30 */
  readonly azimuthDeg?: number;
  /** Degrees: the eye goes up over the patient's head. @default 25 */
  readonly elevationDeg?: number;
  /** Detectors drawn; more views are thinned evenly, their sources are all drawn. @default 8 */
  readonly detectors?: number;
  /** CSS pixels of the longer side. @default 480 */
  readonly size?: number;
}

/** Bit a of a corner's number says which face of axis a it lies on; an edge joins corners that differ in one bit. */
const EDGES = Array.from({ length: 8 }, (_, c) =>
  [1, 2, 4].filter((bit) => !(c & bit)).map((bit) => [c, c | bit]),
).flat();
const AXES: readonly (readonly [Vec3, string])[] = [
  [[1, 0, 0], "R"],
  [[0, 1, 0], "A"],
  [[0, 0, 1], "S"],
];
const MARGIN = 24;

/**
 * Sources, detectors and the box of the volume seen from afar (parallel perspective), with the isocenter and the
 * patient's axes (R right, A anterior, S superior). Parallel beams show an arrow of the beam at the detector's center.
 */
export function drawGeometry(trajectory: Trajectory, grid: Grid, options: GeometryDrawingOptions = {}): Html {
  const { isocenter = gridCenter(grid), azimuthDeg = 30, elevationDeg = 25, detectors = 8, size = 480 } = options;
  const { views, detector } = trajectory;
  const box = gridCorners(grid);
  const axisLength = 0.75 * norm(subtract(box[7], box[0]));
  const axes = AXES.map(([direction, letter]) => ({ end: add(isocenter, scale(direction, axisLength)), letter }));
  const shown = thin(views, detectors).map((view) => ({
    corners: detectorCorners(view, detector),
    start: beamStart(view, detector),
    center: detectorCenter(view, detector),
  }));
  const sources = views.filter((view) => view.beam === "cone").map((view) => view.source);
  const everything = [
    ...box,
    ...sources,
    ...axes.map(({ end }) => end),
    ...shown.flatMap(({ corners, start }) => [...corners, start]),
  ];
  const { place, width, height } = fitted(everything, viewFrame(azimuthDeg, elevationDeg), size);
  const point = (p: Vec3) =>
    place(p)
      .map((x) => x.toFixed(1))
      .join(",");
  const line = (a: Vec3, b: Vec3, style: string) => html`<polyline points="${point(a)} ${point(b)}" class="${style}"/>`;
  const label = (p: Vec3, text: string) => {
    const [x, y] = place(p);
    return html`<text x="${(x + 4).toFixed(1)}" y="${(y - 4).toFixed(1)}">${text}</text>`;
  };
  const disc = (p: Vec3, radius: number, style: string) => {
    const [x, y] = place(p);
    return html`<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}" class="${style}"/>`;
  };
  return html`<svg class="geometry" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">
<title>${trajectory.about}</title>
<style>.geometry polyline, .geometry polygon { fill: none; stroke-width: 1 } .geometry .box { stroke: currentColor } .geometry .axis { stroke: #888 } .geometry .ray { stroke: #e69f00; stroke-dasharray: 3 3 } .geometry .detector { stroke: #3a93cf; fill: #3a93cf; fill-opacity: 0.08 } .geometry .source { fill: #d55e00 } .geometry .isocenter { fill: currentColor }</style>
${axes.map(({ end, letter }) => html`${line(isocenter, end, "axis")}${label(end, letter)}`)}
${shown.map(({ corners, start, center }) => html`<polygon points="${corners.map(point).join(" ")}" class="detector"/>${line(start, center, "ray")}`)}
${EDGES.map(([a, b]) => line(box[a], box[b], "box"))}
${sources.map((source) => disc(source, 2.5, "source"))}
${disc(isocenter, 3, "isocenter")}
</svg>`;
}

/** At most `count` of the items, evenly spread, the first one included. */
function thin<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, items.length / count);
  return Array.from({ length: Math.min(items.length, count) }, (_, i) => items[Math.floor(i * step)]);
}

/** World mm of a place on the detector; row and column count pixel centers from 0. */
const detectorPoint = (view: View, row: number, column: number): Vec3 =>
  add(view.firstPixel, add(scale(view.rowStep, row), scale(view.columnStep, column)));

const detectorCenter = (view: View, { rows, columns }: Detector) =>
  detectorPoint(view, (rows - 1) / 2, (columns - 1) / 2);

/** The outer corners of the corner pixels, in turn. */
const detectorCorners = (view: View, { rows, columns }: Detector): Vec3[] =>
  [
    [-0.5, -0.5],
    [-0.5, columns - 0.5],
    [rows - 0.5, columns - 0.5],
    [rows - 0.5, -0.5],
  ].map(([row, column]) => detectorPoint(view, row, column));

/** The source, or for parallel beams a point before the detector by the detector's height. */
function beamStart(view: View, detector: Detector): Vec3 {
  if (view.beam === "cone") return view.source;
  const back = detector.rows * norm(view.rowStep) + detector.columns * norm(view.columnStep);
  return subtract(detectorCenter(view, detector), scale(normalize(view.direction), back));
}

/** Directions on the picture: to the right and up, for an eye at these angles looking at the isocenter. */
function viewFrame(azimuthDeg: number, elevationDeg: number): { right: Vec3; up: Vec3 } {
  const [azimuth, elevation] = [azimuthDeg, elevationDeg].map((degrees) => (degrees * Math.PI) / 180);
  const toEye: Vec3 = [
    -Math.sin(azimuth) * Math.cos(elevation),
    Math.cos(azimuth) * Math.cos(elevation),
    Math.sin(elevation),
  ];
  const right: Vec3 = [-Math.cos(azimuth), -Math.sin(azimuth), 0];
  return { right, up: cross(toEye, right) };
}

interface Canvas {
  readonly place: (p: Vec3) => [number, number];
  readonly width: number;
  readonly height: number;
}

/** The map from world to picture that shows all points as large as they fit; the shorter side is cut to what is drawn. */
function fitted(points: readonly Vec3[], frame: { right: Vec3; up: Vec3 }, size: number): Canvas {
  const xs = points.map((p) => dot(p, frame.right));
  const ys = points.map((p) => -dot(p, frame.up));
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [wide, high] = [Math.max(...xs) - left, Math.max(...ys) - top];
  const zoom = (size - 2 * MARGIN) / Math.max(wide, high, 1e-9);
  return {
    place: (p) => [MARGIN + zoom * (dot(p, frame.right) - left), MARGIN + zoom * (-dot(p, frame.up) - top)],
    width: Math.ceil(zoom * wide + 2 * MARGIN),
    height: Math.ceil(zoom * high + 2 * MARGIN),
  };
}
