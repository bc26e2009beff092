import { describe, expect, test } from "vitest";
import { imagesOf } from "../../src/backend/reference/array.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { project } from "../../src/backend/specs/project.js";
import { projectLineJacobian } from "../../src/backend/specs/projectLineJacobian.js";
import { projectRaysJacobian } from "../../src/backend/specs/projectRaysJacobian.js";
import { type ArraySpec, hostValues } from "../../src/backend/specs/spec.js";
import { uploadArguments } from "../../src/testing/runCase.js";

/** Index units; the error of central differences is about h² and 1e-16 / h, both below 1e-9 of the derivative. */
const H = 1e-6;
/** For views of many rays: fewer of them pass a kink within the step, and the larger sums allow a smaller one. */
const SMALL_H = 1e-8;
/** Of the largest derivative of a case. */
const TOLERANCE = 1e-6;

const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const tableOf = (spec: ArraySpec) => hostValues(spec) as Float64Array;

describe("the derivative of every ray by its source and end equals central differences", () => {
  for (const { name, args } of projectRaysJacobian.cases)
    test(`${name}, to ${TOLERANCE} of the largest`, async () => {
      await using backend = createReferenceBackend();
      using uploaded = withDispose(uploadArguments<"projectRaysJacobian">(backend, args));
      backend.run("projectRaysJacobian", uploaded.args);
      const jacobian = (await backend.download(uploaded.args.out)) as Float64Array;
      const { model, step, interval, extent, metric, volume } = uploaded.args;
      const rays = tableOf(args.rays);
      const count = rays.length / 6;
      const integrals = async (c: number, h: number) => {
        const moved = rays.map((value, i) => (i % 6 === c ? value + h : value));
        using table = backend.upload(moved, { kind: "flat", length: moved.length });
        using out = backend.allocate({ kind: "flat", length: count });
        backend.run("projectRays", {
          model,
          step,
          interval,
          extent,
          metric,
          volume,
          rays: table,
          out,
          accumulate: false,
        });
        return (await backend.download(out)) as Float64Array;
      };
      let worst = 0;
      for (let c = 0; c < 6; c++) {
        const [plus, minus] = [await integrals(c, H), await integrals(c, -H)];
        for (let ray = 0; ray < count; ray++)
          worst = Math.max(worst, Math.abs((plus[ray] - minus[ray]) / (2 * H) - jacobian[6 * ray + c]));
      }
      expect(worst).toBeLessThanOrEqual(TOLERANCE * Math.max(largest(jacobian), Number.MIN_VALUE));
    });
});

describe("the 12 cotangents of every view equal central differences of its table", () => {
  for (const { name, args } of projectLineJacobian.cases)
    test(`${name}, to ${TOLERANCE} of the largest`, async () => {
      await using backend = createReferenceBackend();
      using uploaded = withDispose(uploadArguments<"projectLineJacobian">(backend, args));
      const { out, jacobian, ...rays } = uploaded.args;
      const views = rays.views.length / 18;
      const weights = { ...args.out, numbers: { seed: 77, low: -1, high: 1 } };
      using cotangent = backend.upload(hostValues(weights), out.shape);
      using gradient = backend.allocate({ kind: "flat", length: 12 * views }, "gradient", "f64");
      using inner = backend.allocate({ kind: "flat", length: 1 });
      backend.run("projectLineJacobian", { ...rays, out, jacobian });
      backend.run("viewGradient", { out: gradient, jacobian, cotangent, firstView: 0 });
      const found = (await backend.download(gradient)) as Float64Array;
      const table = tableOf(args.views);
      const pairing = async (at: number, h: number) => {
        const moved = table.map((value, i) => (i === at ? value + h : value));
        using movedTable = backend.upload(moved, { kind: "flat", length: moved.length });
        backend.run("project", { ...rays, views: movedTable, out, accumulate: false });
        backend.run("dot", { out: inner, x: out, y: cotangent });
        return (await backend.download(inner))[0];
      };
      const h = out.length > 1000 ? SMALL_H : H;
      let worst = 0;
      for (let view = 0; view < views; view++)
        for (let c = 0; c < 12; c++) {
          const difference = (await pairing(18 * view + c, h)) - (await pairing(18 * view + c, -h));
          worst = Math.max(worst, Math.abs(difference / (2 * h) - found[12 * view + c]));
        }
      expect(worst).toBeLessThanOrEqual(TOLERANCE * Math.max(largest(found), Number.MIN_VALUE));
    });
});

describe("where derivatives have kinks they are finite", () => {
  test("in all cases, also of rays in faces, at 45 degrees and along axes", async () => {
    await using backend = createReferenceBackend();
    for (const { name, args } of project.cases) {
      using uploaded = withDispose(uploadArguments<"project">(backend, args));
      const { out, accumulate: _, ...rays } = uploaded.args;
      const { views, rows, columns } = imagesOf(out);
      using jacobian = backend.allocate({ kind: "projections", views: 6 * views, rows, columns });
      backend.run("projectLineJacobian", { ...rays, out, jacobian });
      const found = (await backend.download(jacobian)) as Float64Array;
      expect(found.every(Number.isFinite), name).toBe(true);
    }
  });

  test("siddon: a ray along x does not change with y and z, nor with where its ends are outside", async () => {
    await using backend = createReferenceBackend();
    using volume = backend.upload(Float32Array.of(1, 2, 3, 4), { kind: "volume", size: [4, 1, 1] });
    using rays = backend.upload(Float64Array.of(-3, 0.5, 0.5, 9, 0.5, 0.5), { kind: "flat", length: 6 });
    using out = backend.allocate({ kind: "flat", length: 6 }, "jacobian", "f64");
    const metric = [1, 1, 1, 0, 0, 0];
    backend.run("projectRaysJacobian", { model: "siddon", extent: "segment", rays, metric, out, volume });
    for (const slope of await backend.download(out)) expect(slope).toBeCloseTo(0, 13);
  });

  test("siddon: moving an end inside by 1 adds the voxel that it moves in: 2 less at the source, 4 more at the end", async () => {
    await using backend = createReferenceBackend();
    using volume = backend.upload(Float32Array.of(1, 2, 3, 4), { kind: "volume", size: [4, 1, 1] });
    using rays = backend.upload(Float64Array.of(1.25, 0.5, 0.5, 3.5, 0.5, 0.5), { kind: "flat", length: 6 });
    using out = backend.allocate({ kind: "flat", length: 6 }, "jacobian", "f64");
    const metric = [1, 1, 1, 0, 0, 0];
    backend.run("projectRaysJacobian", { model: "siddon", extent: "segment", rays, metric, out, volume });
    const found = await backend.download(out);
    [-2, 0, 0, 4, 0, 0].forEach((expected, c) => {
      expect(found[c]).toBeCloseTo(expected, 13);
    });
  });
});

const withDispose = <T extends { dispose(): void }>(resource: T) => ({
  ...resource,
  [Symbol.dispose]: () => resource.dispose(),
});
