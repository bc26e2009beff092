import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { IDENTITY4, type Vec3 } from "../../src/core/linear.js";
import { type DeviceVolume, toDevice } from "../../src/projector/index.js";
import {
  type Candidate,
  intrinsicCount,
  type Layout,
  stepped,
  unknowns,
  unknownsOfView,
} from "../../src/registration/layout.js";
import { eulerMotion } from "../../src/registration/motion.js";
import { render, type Scene } from "../../src/registration/renderer.js";
import { coneViews, detector, parallelViews, randomVolume } from "../projector/scene.js";

const center: Vec3 = [5, 1, 10];
let backend: Backend;
let bodies: DeviceVolume[];
beforeAll(async () => {
  backend = await createBackend({ prefer: "reference" });
  bodies = [3, 4].map((seed) => toDevice(backend, randomVolume(seed)));
});
afterAll(async () => {
  for (const body of bodies) body.dispose();
  await backend[Symbol.asyncDispose]();
});

test.each([
  ["cone", "joseph", 1],
  ["cone", "siddon", 2],
  ["cone", "trilinear", 1],
  ["parallel", "joseph", 2],
] as const)("%s beam, %s, %d bodies: columns of all unknowns equal central differences", async (beam, model, count) => {
  const cone = beam === "cone";
  const views = (cone ? coneViews(2) : parallelViews(2)).slice(0, 2);
  const layout: Layout = {
    centers: Array.from({ length: count }, (_, body): Vec3 => [center[0] + 3 * body, center[1], center[2]]),
    ...{ views: 2, refine: cone ? ["sdd", "principalPoint"] : ["principalPoint"] },
    starts: [IDENTITY4, IDENTITY4],
    bound: { rotation: Math.PI, translation: 1e3 },
  };
  const scene: Scene = { backend, bodies: bodies.slice(0, count), detector, views, layout, model };
  const at: Candidate = {
    motions: layout.centers.map((c, body) => (body === 0 ? eulerMotion([3, -4, 5], [1, 2, -1], c) : IDENTITY4)),
    intrinsics: views.map(() => Array.from({ length: intrinsicCount(layout) }, (_, i) => 0.7 - 0.3 * i)),
  };
  const n = detector.rows * detector.columns;
  const rendered = await render(scene, [at], true);
  const h = 1e-6;
  const differ = async (unknown: number) => {
    const change = (sign: number) =>
      stepped(
        layout,
        at,
        Float64Array.from({ length: unknowns(layout) }, (_, i) => (i === unknown ? sign * h : 0)),
      );
    const { images } = await render(scene, [change(1), change(-1)], false);
    return images.slice(0, 2 * n).map((value, i) => (value - images[2 * n + i]) / (2 * h));
  };
  const found = views.map((_, view) => {
    const columns = unknownsOfView(layout, view).map(() => new Float64Array(n));
    rendered.columns(0, view, columns);
    return columns;
  });
  for (let unknown = 0; unknown < unknowns(layout); unknown++) {
    const expected = await differ(unknown);
    let [error, size] = [0, 0];
    views.forEach((_, view) => {
      const column = unknownsOfView(layout, view).indexOf(unknown);
      for (let i = 0; i < n; i++) {
        const value = column < 0 ? 0 : found[view][column][i];
        // Single rays have a kink, or change their dominant axis, within the step: up to 1 % of them are let off.
        error += Math.abs(value - expected[view * n + i]) > 1e-4 * (1 + Math.abs(value)) ? 1 : 0;
        size += Math.abs(value);
      }
    });
    expect(size, `unknown ${unknown}`).toBeGreaterThan(0);
    expect(error, `unknown ${unknown}`).toBeLessThan(0.01 * n);
  }
});
