import type { Vec3 } from "tomograd";
import { type ConeView, type Detector, detectorCorners } from "tomograd/geometry";
import { type Grid, gridCenter, gridCorners } from "tomograd/volume";
import type { PaintedSlice } from "./painted";
import {
  BOX_EDGES,
  drawHung,
  type Hung,
  hungDetector,
  middleOf,
  type Projection,
  plus,
  quarters,
} from "./sceneDrawing";

/** What stands in space. */
export interface SceneParts {
  readonly grid: Grid | undefined;
  readonly view: ConeView | undefined;
  readonly detector: Detector;
  readonly isocenter: Vec3 | undefined;
  /** The radiograph, for the detector. */
  readonly picture: HTMLCanvasElement | undefined;
  readonly slices: readonly PaintedSlice[];
  readonly crosshair: Vec3;
}

/** mm from the box to the letters of its faces. */
const LETTERS_AWAY = 35;

/** In both themes: pictures keep a black surround. */
const COLORS = {
  line: "#8fa3b0",
  box: "#5f7280",
  beam: "rgb(242 180 92 / 45%)",
  source: "#f2b45c",
  iso: "#ff7a7a",
  text: "#b9c7d0",
} as const;

const middle = (a: Vec3, b: Vec3): Vec3 => plus(a, plus(b, a, -1), 0.5);

/** Draws the scene from back to front. `size` in CSS pixels. */
export function drawScene(
  canvas: HTMLCanvasElement,
  { width, height }: { readonly width: number; readonly height: number },
  parts: SceneParts,
  p: Projection,
): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const scale = globalThis.devicePixelRatio || 1;
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const path = (points: readonly Vec3[], closed = false) => {
    context.beginPath();
    for (const [x, y] of points.map(p.place)) context.lineTo(x, y);
    if (closed) context.closePath();
  };
  const line = (color: string, points: readonly Vec3[], lineWidth = 1, closed = false) => {
    Object.assign(context, { strokeStyle: color, lineWidth });
    path(points, closed);
    context.stroke();
  };
  const dot = (color: string, point: Vec3, radius: number) => {
    context.fillStyle = color;
    context.beginPath();
    context.arc(...p.place(point), radius, 0, 2 * Math.PI);
    context.fill();
  };
  const text = (words: string, point: Vec3, dx = 0, dy = 0) => {
    const [x, y] = p.place(point);
    Object.assign(context, { fillStyle: COLORS.text, font: "11px system-ui, sans-serif", textAlign: "center" });
    context.fillText(words, x + dx, y + dy + 4);
  };

  const { grid, view, detector, isocenter, picture, slices, crosshair } = parts;
  const corners = view && detectorCorners(view, detector);
  const behind = !corners || !grid || p.depth(middle(corners[0], corners[2])) > p.depth(gridCenter(grid));
  const drawVolume = () => {
    if (!grid) return;
    const box = gridCorners(grid);
    for (const [a, b] of BOX_EDGES) line(COLORS.box, [box[a], box[b]]);
    const hung: Hung[] = slices.flatMap((slice) => quarters(slice, crosshair));
    hung.sort((a, b) => p.depth(middleOf(b)) - p.depth(middleOf(a)));
    // air lets what is behind it be seen
    context.globalCompositeOperation = "lighten";
    for (const one of hung) drawHung(context, one, p);
    context.globalCompositeOperation = "source-over";
    const center = gridCenter(grid);
    for (const [axis, letters] of [
      [0, "RL"],
      [1, "AP"],
      [2, "SI"],
    ] as const) {
      const along = box.map((corner) => corner[axis]);
      const reach = Math.max(...along) - center[axis] + LETTERS_AWAY;
      [1, -1].forEach((sign, i) => {
        const offset = [0, 0, 0] as [number, number, number];
        offset[axis] = sign * reach;
        text(letters[i], plus(center, offset));
      });
    }
  };
  const drawDetector = () => {
    if (!view || !corners) return;
    // before the patient it lets them be seen
    context.globalAlpha = behind ? 1 : 0.7;
    path(corners, true);
    context.fillStyle = "#000";
    context.fill();
    if (picture && picture.width > 0) drawHung(context, hungDetector(picture, view, detector), p);
    context.globalAlpha = 1;
    line(COLORS.line, corners, 1.5, true);
    const lowest = corners.reduce((low, corner) => (p.place(corner)[1] > p.place(low)[1] ? corner : low));
    text("detector", lowest, 0, 12);
  };
  const drawBeam = () => {
    if (!view || !corners) return;
    for (const corner of corners) line(COLORS.beam, [view.source, corner]);
    context.setLineDash([4, 4]);
    line(COLORS.beam, [view.source, middle(corners[0], corners[2])]);
    context.setLineDash([]);
    dot(COLORS.source, view.source, 6);
    text("source", view.source, 0, -14);
  };
  const order = behind ? [drawDetector, drawVolume, drawBeam] : [drawVolume, drawBeam, drawDetector];
  for (const draw of order) draw();
  if (isocenter) {
    dot(COLORS.iso, isocenter, 3);
    Object.assign(context, { strokeStyle: COLORS.iso, lineWidth: 1 });
    context.beginPath();
    context.arc(...p.place(isocenter), 7, 0, 2 * Math.PI);
    context.stroke();
  }
}
