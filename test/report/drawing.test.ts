import { expect, test } from "vitest";
import type { Trajectory, View } from "../../src/geometry/index.js";
import { drawGeometry, lineChart } from "../../src/report/index.js";

const grid = { size: [10, 10, 10], indexToWorld: [20, 0, 0, -90, 0, 20, 0, -90, 0, 0, 20, -90, 0, 0, 0, 1] } as const;
const detector = { rows: 10, columns: 20, pixelSize: [20, 20] } as const;

/** `count` views around the axis of the patient: source at 800 mm, detector 400 mm behind the isocenter. */
function circle(count: number): Trajectory {
  const views = Array.from({ length: count }, (_, i): View => {
    const [s, c] = [Math.sin((2 * Math.PI * i) / count), Math.cos((2 * Math.PI * i) / count)];
    return {
      beam: "cone",
      source: [-800 * s, 800 * c, 0],
      firstPixel: [400 * s + 190 * c, -400 * c + 190 * s, 90],
      columnStep: [-20 * c, -20 * s, 0],
      rowStep: [0, 0, -20],
    };
  });
  return { detector, views, about: `${count} views < circle` };
}

const coordinates = (svg: string) =>
  [...svg.matchAll(/points="([^"]+)"/g)].flatMap((match) => match[1].split(/[ ,]/).map(Number));

test("the drawing has every source, at most 8 detectors, 12 edges of the box, three axes with letters", () => {
  const svg = drawGeometry(circle(120), grid).markup;
  expect(svg.match(/class="source"/g)).toHaveLength(120);
  expect(svg.match(/class="detector"/g)).toHaveLength(8);
  expect(svg.match(/class="box"/g)).toHaveLength(12);
  for (const letter of "RAS") expect(svg).toContain(`>${letter}</text>`);
  expect(svg).toContain("<title>120 views &lt; circle</title>");
});

test("everything drawn lies inside the picture, and fills it", () => {
  const all = coordinates(drawGeometry(circle(7), grid, { size: 400 }).markup);
  // Points are printed with one decimal, the margin is 24.
  expect(Math.min(...all)).toBeGreaterThanOrEqual(23.9);
  expect(Math.max(...all)).toBeLessThanOrEqual(376.1);
  expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(340);
});

test("from the front the patient's right is on the left of the drawing and the head is up", () => {
  const svg = drawGeometry(circle(4), grid, { azimuthDeg: 0, elevationDeg: 0 }).markup;
  const [, rx, ry] = /x="([\d.]+)" y="([\d.]+)">R</.exec(svg) ?? [];
  const [, sx, sy] = /x="([\d.]+)" y="([\d.]+)">S</.exec(svg) ?? [];
  const [, cx, cy] = /cx="([\d.]+)" cy="([\d.]+)" r="3" class="isocenter"/.exec(svg) ?? [];
  expect(Number(rx)).toBeLessThan(Number(cx) - 50);
  expect(Math.abs(Number(ry) + 4 - Number(cy))).toBeLessThan(0.11);
  expect(Number(sy)).toBeLessThan(Number(cy) - 50);
  expect(Math.abs(Number(sx) - 4 - Number(cx))).toBeLessThan(0.11);
});

test("the detectors drawn lie far apart: 8 of a circle of 120 stand 45 degrees apart, those of 4 turns not above each other", () => {
  const places = (trajectory: Trajectory) =>
    [
      ...drawGeometry(trajectory, grid, { elevationDeg: 90, azimuthDeg: 0 }).markup.matchAll(
        /<polygon points="([\d.]+),([\d.]+)/g,
      ),
    ].map(([, x, y]) => `${Math.round(Number(x) / 4)},${Math.round(Number(y) / 4)}`);
  expect(new Set(places(circle(120))).size).toBe(8);
  const { views } = circle(40);
  const turns = Array.from({ length: 160 }, (_, k): View => {
    const view = views[k % 40];
    const up = [0, 0, 2 * k] as const;
    const moved = (p: readonly number[]) => [p[0], p[1], p[2] + up[2]] as const;
    return view.beam === "cone" ? { ...view, source: moved(view.source), firstPixel: moved(view.firstPixel) } : view;
  });
  expect(new Set(places({ detector, views: turns, about: "helix" })).size).toBeGreaterThan(5);
});

test("sources that follow each other are joined to a path, those of a sphere are not", () => {
  expect(drawGeometry(circle(40), grid).markup).toContain(`class="path"`);
  const views = circle(40).views.map((_, k, all) => all[(17 * k) % 40]);
  expect(drawGeometry({ detector, views, about: "jumps" }, grid).markup).not.toContain(`class="path"`);
});

test("a parallel beam is drawn without a source, as an arrow", () => {
  const { firstPixel, columnStep, rowStep } = circle(1).views[0];
  const view: View = { beam: "parallel", direction: [0, -1, 0], firstPixel, columnStep, rowStep };
  const svg = drawGeometry({ detector, views: [view], about: "one" }, grid).markup;
  expect(svg).not.toContain(`class="source"`);
  expect(svg).toContain(`class="ray"`);
  expect(svg).toContain(`class="arrow"`);
});

test("a chart is one SVG with one path for each curve, and leaves out what its axis cannot show", async () => {
  const points = Array.from({ length: 20 }, (_, i) => [i, 10 ** -i] as const);
  const chart = await lineChart(
    [
      { name: "a <b>", points: [...points, [20, 0], [21, Number.NaN]] },
      { name: "c", points },
    ],
    { xLabel: "step", yLabel: "loss", logarithmic: true },
  );
  expect(chart.markup).toContain("a &lt;b&gt;</span>");
  expect(chart.markup).not.toMatch(/NaN|Infinity|<b>/);
  const paths = [...chart.markup.matchAll(/<path[^>]* d="(M[^"]+)"/g)].map((match) => match[1]);
  const curves = paths.filter((path) => path.split("L").length === 20);
  expect(curves).toHaveLength(2);
  // Powers of ten lie on a straight line: all steps down are alike to the printed 0.001.
  const ys = curves[0]
    .slice(1)
    .split("L")
    .map((pair) => Number(pair.split(",")[1]));
  for (let i = 2; i < ys.length; i++) expect(ys[i] - ys[i - 1]).toBeCloseTo(ys[1] - ys[0], 2);
});

test("a seventh curve would repeat a color and is refused", async () => {
  const curves = Array.from({ length: 7 }, (_, i) => ({ name: String(i), points: [] }));
  await expect(lineChart(curves, { xLabel: "x", yLabel: "y" })).rejects.toThrow(/6 curves apart, got 7/);
});
