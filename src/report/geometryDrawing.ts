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
  /** Detectors drawn: those whose sources lie farthest apart; all sources are drawn. @default 8 */
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
 * patient's axes (R right, A anterior, S superior). Sources that follow each other closely are joined to the path that
 * they take; parallel beams show an arrow to the detector's center.
 */
export function drawGeometry(trajectory: Trajectory, grid: Grid, options: GeometryDrawingOptions = {}): Html {
  const { isocenter = gridCenter(grid), azimuthDeg = 30, elevationDeg = 25, detectors = 8, size = 480 } = options;
  const { views, detector } = trajectory;
  const box = gridCorners(grid);
  const axisLength = 0.75 * norm(subtract(box[7], box[0]));
  const axes = AXES.map(([direction, letter]) => ({ end: add(isocenter, scale(direction, axisLength)), letter }));
  const shown = spread(
    views.map((view) => beamStart(view, detector)),
    detectors,
  ).map((k) => ({
    corners: detectorCorners(views[k], detector),
    start: beamStart(views[k], detector),
    center: detectorCenter(views[k], detector),
    parallel: views[k].beam === "parallel",
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
  const arrow = (a: Vec3, b: Vec3) => {
    const [tail, tip] = [place(a), place(b)];
    const length = Math.hypot(tip[0] - tail[0], tip[1] - tail[1]);
    if (!(length > ARROW)) return "";
    const [x, y] = [(tip[0] - tail[0]) / length, (tip[1] - tail[1]) / length];
    const wing = (side: number) =>
      `${(tip[0] - ARROW * (x + 0.4 * side * y)).toFixed(1)},${(tip[1] - ARROW * (y - 0.4 * side * x)).toFixed(1)}`;
    return html`<polyline points="${wing(1)} ${point(b)} ${wing(-1)}" class="arrow"/>`;
  };
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
<style>.geometry polyline, .geometry polygon { fill: none; stroke-width: 1 } .geometry .box { stroke: currentColor } .geometry .axis { stroke: #888 } .geometry .ray { stroke: #e69f00; stroke-dasharray: 3 3 } .geometry .detector { stroke: #3a93cf; fill: #3a93cf; fill-opacity: 0.08 } .geometry .arrow { stroke: #e69f00; stroke-width: 2 } .geometry .path { stroke: #d55e00; stroke-opacity: 0.5 } .geometry .source { fill: #d55e00 } .geometry .isocenter { fill: currentColor }</style>
${axes.map(({ end, letter }) => html`${line(isocenter, end, "axis")}${label(end, letter)}`)}
${shown.map(({ corners, start, center, parallel }) => html`<polygon points="${corners.map(point).join(" ")}" class="detector"/>${line(start, center, "ray")}${parallel ? arrow(start, center) : ""}`)}
${EDGES.map(([a, b]) => line(box[a], box[b], "box"))}
${isPath(sources, isocenter) ? html`<polyline points="${sources.map(point).join(" ")}" class="path"/>` : ""}
${sources.map((source) => disc(source, sources.length > MANY ? 1.5 : 2.5, "source"))}
${disc(isocenter, 3, "isocenter")}
</svg>`;
}

/** Numbers of at most `count` points that lie far apart: the first, then always the one farthest from all before. */
function spread(points: readonly Vec3[], count: number): number[] {
  const apart = points.map(() => Number.POSITIVE_INFINITY);
  const chosen: number[] = [];
  for (let next = 0; next >= 0 && chosen.length < Math.min(count, points.length); ) {
    chosen.push(next);
    let farthest = -1;
    for (const [k, p] of points.entries()) {
      apart[k] = k === next ? -1 : Math.min(apart[k], norm(subtract(p, points[next])));
      if (apart[k] >= 0 && (farthest < 0 || apart[k] > apart[farthest])) farthest = k;
    }
    next = farthest;
  }
  return chosen.sort((i, j) => i - j);
}

/** More sources than this are drawn as small dots. */
const MANY = 150;
/** CSS pixels of an arrow's head. */
const ARROW = 8;
/** Of a source's distance from the isocenter: steps below it are seen as one movement. */
const CLOSE = 0.5;

/** Whether sources in turn lie close enough to see the path that they take. */
function isPath(sources: readonly Vec3[], isocenter: Vec3): boolean {
  const radius = Math.max(...sources.map((source) => norm(subtract(source, isocenter))));
  return sources.length > 2 && sources.every((p, k) => k === 0 || norm(subtract(p, sources[k - 1])) < CLOSE * radius);
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
