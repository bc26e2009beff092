import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { add, affine, apply3, multiply4, type Vec3 } from "../../src/core/linear.js";
import { createRandom } from "../../src/core/random.js";
import type { View } from "../../src/geometry/view.js";
import {
  createProjector,
  createRayProjector,
  labelChannels,
  labelChannelsAdjoint,
  type ProjectorOptions,
  toDevice,
  toHost,
} from "../../src/projector/index.js";
import type { Volume } from "../../src/volume/grid.js";
import { testedOn } from "../helpers/backends.js";
import { coneViews, detector, grid, parallelViews, randomVolume, rotation } from "./scene.js";

const models = ["siddon", "joseph", "trilinear"] as const;

/** Largest absolute difference, relative to the largest absolute value of `b`. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < b.length; i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
    largest = Math.max(largest, Math.abs(b[i]));
  }
  return worst / largest;
}

const inner = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

// float32 sums of about 30 terms: 30 * 6e-8
for (const [prefer, rounding] of testedOn({ reference: 1e-12, wasm: 2e-6, webgpu: 2e-6 }))
  describe(prefer, () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await createBackend({ prefer });
    });
    afterAll(async () => {
      await backend.idle();
      expect(backend.liveBytes).toBe(0);
      await backend[Symbol.asyncDispose]();
    });

    const project = async (volume: Volume, options: Partial<ProjectorOptions> = {}) => {
      using A = createProjector({ backend, grid: volume.grid, detector, views: coneViews(4), ...options });
      using x = toDevice(backend, volume);
      using y = A.apply(x);
      return (await toHost(y)).values;
    };

    describe.each(models)("%s", (model) => {
      test("is linear", async () => {
        const factor = fc.double({ min: -3, max: 3, noNaN: true });
        await fc.assert(
          fc.asyncProperty(factor, factor, fc.integer(), async (a, b, seed) => {
            const [x, y] = [randomVolume(seed), randomVolume(seed + 1)];
            const mixed = { ...x, values: Float64Array.from(x.values, (v, i) => a * v + b * y.values[i]) };
            const [px, py] = [await project(x, { model }), await project(y, { model })];
            const expected = px.map((v, i) => a * v + b * py[i]);
            const scale = Math.max(...px) * (Math.abs(a) + Math.abs(b));
            // relative to the larger of the two terms: their sum may cancel; float32 also rounds the mixed volume
            const found = await project(mixed, { model });
            const worst = Math.max(...Array.from(found, (v, i) => Math.abs(v - expected[i])));
            expect(worst).toBeLessThanOrEqual(rounding * scale + Number.MIN_VALUE * 2 ** 10);
          }),
          { numRuns: 12, seed: 3 },
        );
      });

      test("moving the volume equals moving the scanner back", async () => {
        const unit = fc.double({ min: -1, max: 1, noNaN: true });
        await fc.assert(
          fc.asyncProperty(unit, fc.tuple(unit, unit, unit), async (angle, [x, y, z]) => {
            const turn = rotation([0.6, 0, 0.8], angle);
            const shift: Vec3 = [20 * x, 20 * y, 20 * z];
            const move = (p: Vec3): Vec3 => add(apply3(turn, p), shift);
            const views = coneViews(2);
            const volume = randomVolume(3);
            const moved = {
              ...volume,
              grid: { ...grid, indexToWorld: multiply4(affine(turn, shift), grid.indexToWorld) },
            };
            const movedViews = views.map((v): View => {
              if (v.beam !== "cone") throw new Error("cone views expected");
              return {
                ...v,
                source: move(v.source),
                firstPixel: move(v.firstPixel),
                columnStep: apply3(turn, v.columnStep),
                rowStep: apply3(turn, v.rowStep),
              };
            });
            const still = await project(volume, { model, views });
            const both = await project(moved, { model, views: movedViews });
            // positions move by rounding (1e-15); a ray within that of an edge may swap a voxel of zero length
            expect(difference(both, still)).toBeLessThan(prefer === "reference" ? 1e-9 : 1e-5);
          }),
          { numRuns: 8, seed: 11 },
        );
      });

      test("view cotangents agree with central differences of the reference in every coordinate", async () => {
        const volume = randomVolume(4);
        const views = coneViews(3);
        const random = createRandom(9);
        const w = Float32Array.from({ length: 3 * 11 * 14 }, () => random.uniform());
        using A = createProjector({ backend, grid, detector, views, model });
        using x = toDevice(backend, volume);
        using cotangent = toDevice(backend, { detector, views, about: "w", values: w });
        const gradient = await A.vjpViews(x, cotangent);
        const oracle = await createBackend({ prefer: "reference" });
        using reference = createProjector({ backend: oracle, grid, detector, views, model });
        using xr = toDevice(oracle, volume);
        const value = async (changed: View[]) => {
          using B = reference.withViews(changed);
          using y = B.apply(xr);
          return inner((await toHost(y)).values, w);
        };
        // a step of 1e-7 mm: no crossings swap within it (a kink of the exact model); rounding is then 1e-6 of the gradient
        const h = 1e-7;
        const numeric = new Float64Array(36);
        for (let i = 0; i < 36; i++) {
          const field = (["source", "firstPixel", "columnStep", "rowStep"] as const)[Math.floor((i % 12) / 3)];
          const at = (step: number) =>
            views.map((view, v): View => {
              if (v !== Math.floor(i / 12) || view.beam !== "cone") return view;
              const point = [...view[field]] as [number, number, number];
              point[i % 3] += step;
              return { ...view, [field]: point };
            });
          numeric[i] = ((await value(at(h))) - (await value(at(-h)))) / (2 * h);
        }
        // per kind of cotangent: those of the steps are larger by the pixel index
        for (let kind = 0; kind < 4; kind++) {
          const pick = (g: Float64Array) => g.filter((_, i) => Math.floor((i % 12) / 3) === kind);
          expect(difference(pick(gradient), pick(numeric))).toBeLessThan(prefer === "reference" ? 1e-5 : 1e-4);
        }
        await oracle[Symbol.asyncDispose]();
      });

      test("the sum of the label channels is the plain radiograph, and their adjoint the plain adjoint", () =>
        fc.assert(fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 6 }), sumOfChannels), {
          numRuns: 6,
          seed: 4,
        }));

      async function sumOfChannels(seed: number, count: number) {
        const random = createRandom(seed);
        const wanted = Array.from({ length: count }, (_, label) => label);
        const labels: Volume = {
          quantity: "label",
          grid,
          values: Uint8Array.from({ length: 9 * 12 * 7 }, () => random.integer(count)),
        };
        using A = createProjector({ backend, grid, detector, views: parallelViews(3), model });
        using x = toDevice(backend, randomVolume(seed));
        using l = toDevice(backend, labels);
        using plain = A.apply(x);
        const channels = labelChannels(A, x, l, wanted);
        const back = labelChannelsAdjoint(
          A,
          channels.map(() => plain),
          l,
          wanted,
        );
        using whole = A.adjoint(plain);
        const parts = await Promise.all(channels.map(async (c) => (await toHost(c)).values));
        const sum = parts[0].map((_, i) => parts.reduce((total, part) => total + part[i], 0));
        expect(difference(sum, (await toHost(plain)).values)).toBeLessThan(rounding);
        expect(difference((await toHost(back)).values, (await toHost(whole)).values)).toBeLessThan(rounding);
        for (const c of [...channels, back]) c.dispose();
      }

      test("a subset of pixels gives the same numbers there, 0 elsewhere, and the transpose of that", async () => {
        const pixels = Uint32Array.from([3, 17, 18, 60, 61, 62, 100, 153]);
        const views = coneViews(3);
        using A = createProjector({ backend, grid, detector, views, model });
        using some = A.withPixels(pixels);
        using x = toDevice(backend, randomVolume(7));
        using y = A.apply(x);
        using part = some.apply(x);
        const [full, subset] = [(await toHost(y)).values, (await toHost(part)).values];
        const masked = full.map((v, i) => (pixels.includes(i % 154) ? v : 0));
        expect(difference(subset, masked)).toBeLessThan(rounding);
        using cut = toDevice(backend, { detector, views, about: "masked", values: Float32Array.from(masked) });
        using a = A.adjoint(cut);
        using b = some.adjoint(y);
        expect(difference((await toHost(b)).values, (await toHost(a)).values)).toBeLessThan(
          prefer === "reference" ? 3e-7 : 3e-6,
        );
      });

      test("rays given one by one give the numbers of the view that they come from", async () => {
        const [view] = coneViews(1);
        if (view.beam !== "cone") throw new Error("cone view expected");
        const rays = new Float64Array(154 * 6);
        for (let i = 0; i < 154; i++) {
          const [row, column] = [Math.floor(i / 14), i % 14];
          rays.set(view.source, 6 * i);
          rays.set(
            [0, 1, 2].map((a) => view.firstPixel[a] + column * view.columnStep[a] + row * view.rowStep[a]),
            6 * i + 3,
          );
        }
        const volume = randomVolume(8);
        const image = await project(volume, { model, views: [view] });
        using R = createRayProjector({ backend, grid, rays, model, stepMm: 0.5 * Math.hypot(0.4, 1.9, 0.1) });
        using x = toDevice(backend, volume);
        using y = R.apply(x);
        // the same lines; the step of the trilinear model is the projector's default
        expect(difference((await backend.download(y)) as Float32Array, image)).toBeLessThan(
          prefer === "reference" ? 1e-9 : 1e-5,
        );
        const back = R.adjoint(y);
        const [lhs, rhs] = [
          inner((await backend.download(y)) as Float32Array, (await backend.download(y)) as Float32Array),
          inner((await toHost(back)).values, volume.values),
        ];
        expect(Math.abs(lhs - rhs) / lhs).toBeLessThan(1e-6);
        back.dispose();
        const jacobian = await R.jacobian(x);
        const oracle = await createBackend({ prefer: "reference" });
        using xr = toDevice(oracle, volume);
        const integrals = async (moved: Float64Array) => {
          using S = createRayProjector({
            backend: oracle,
            grid,
            rays: moved,
            model,
            stepMm: 0.5 * Math.hypot(0.4, 1.9, 0.1),
          });
          const out = S.apply(xr);
          const values = await oracle.download(out);
          out.dispose();
          return values;
        };
        const numeric = new Float64Array(jacobian.length);
        for (let c = 0; c < 6; c++) {
          const moved = (step: number) => integrals(rays.map((v, i) => (i % 6 === c ? v + step : v)));
          // 1e-6 mm: rounding of an integral is then 1e-8 of its slope
          const [up, down] = [await moved(1e-6), await moved(-1e-6)];
          for (let ray = 0; ray < 154; ray++) numeric[6 * ray + c] = (up[ray] - down[ray]) / 2e-6;
        }
        await oracle[Symbol.asyncDispose]();
        expect(difference(jacobian, numeric)).toBeLessThan(prefer === "reference" ? 1e-5 : 1e-4);
      });
    });

    test("the maximum along a ray is the largest voxel that it meets", async () => {
      const volume = randomVolume(9);
      const views: View[] = [
        { beam: "cone", source: [0, 0, -100], firstPixel: [0, 0, 100], columnStep: [1, 0, 0], rowStep: [0, 1, 0] },
      ];
      const upright = { size: [5, 5, 6] as Vec3, indexToWorld: [4, 0, 0, -8, 0, 4, 0, -8, 0, 0, 4, -10, 0, 0, 0, 1] };
      const values = Float32Array.from({ length: 150 }, (_, i) => volume.values[i]);
      using A = createProjector({
        backend,
        grid: upright,
        detector: { rows: 1, columns: 1, pixelSize: [1, 1] },
        views,
      });
      using x = toDevice(backend, { quantity: "unknown", grid: upright, values });
      using y = A.maximum(x);
      // the ray runs along z through voxel (2, 2)
      expect((await toHost(y)).values[0]).toBe(Math.max(...[0, 1, 2, 3, 4, 5].map((k) => values[2 + 5 * 2 + 25 * k])));
    });

    test("a call that is refused leaves nothing on the backend", async () => {
      const other = await createBackend({ prefer: "reference" });
      using A = createProjector({ backend, grid, detector, views: coneViews(2) });
      using R = createRayProjector({ backend, grid, rays: Float64Array.of(0, 0, -99, 1, 2, 99) });
      const volume = randomVolume(3);
      const images = { detector, views: coneViews(2), about: "ones", values: new Float32Array(2 * 154).fill(1) };
      const [gone, goneImages] = [toDevice(backend, volume), toDevice(backend, images)];
      gone.dispose();
      goneImages.dispose();
      const before = backend.liveBytes;
      for (const [x, y, code] of [
        [gone, goneImages, "BUFFER_DISPOSED"],
        [toDevice(other, volume), toDevice(other, images), "WRONG_BACKEND"],
      ] as const) {
        const refused = expect.objectContaining({ code });
        expect(() => A.apply(x)).toThrowError(refused);
        expect(() => A.adjoint(y)).toThrowError(refused);
        expect(() => A.maximum(x)).toThrowError(refused);
        expect(() => A.lineJacobian(x)).toThrowError(refused);
        expect(() => R.apply(x)).toThrowError(refused);
        expect(() => R.adjoint(y.array)).toThrowError(refused);
        await expect(A.vjpViews(x, y)).rejects.toThrowError(refused);
        await expect(R.jacobian(x)).rejects.toThrowError(refused);
        expect(backend.liveBytes).toBe(before);
      }
      await other[Symbol.asyncDispose]();
    });

    test("what is not on a device is refused with what it is", () => {
      using A = createProjector({ backend, grid, detector, views: coneViews(2) });
      using R = createRayProjector({ backend, grid, rays: Float64Array.of(0, 0, -99, 1, 2, 99) });
      const refused = (message: RegExp) =>
        expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringMatching(message) });
      const values = new Float32Array(9) as never;
      for (const call of [A.apply, A.maximum, A.lineJacobian, R.apply] as ((x: never) => unknown)[]) {
        expect(() => call(values)).toThrowError(refused(/takes a volume on a device, .* not a Float32Array/));
        expect(() => call(undefined as never)).toThrowError(refused(/not nothing/));
      }
      expect(() => A.adjoint(values)).toThrowError(refused(/takes projections on a device, .* not a Float32Array/));
      expect(() => R.adjoint(values)).toThrowError(refused(/'values' must be a device array, not a Float32Array/));
      expect(() => toDevice(backend, values)).toThrowError(refused(/toDevice takes .*, not a Float32Array/));
      expect(() => toDevice(backend, undefined as never)).toThrowError(refused(/not nothing/));
    });

    test("what does not fit is refused by name", async () => {
      const views = coneViews(2);
      using A = createProjector({ backend, grid, detector, views });
      const other = { size: [9, 12, 8] as Vec3, indexToWorld: grid.indexToWorld };
      using wrong = toDevice(backend, { quantity: "unknown", grid: other, values: new Float32Array(9 * 12 * 8) });
      expect(() => A.apply(wrong)).toThrowError(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
      expect(() => createProjector({ backend, grid, detector, views: [] })).toThrow(/at least one view/);
      expect(() => createProjector({ backend, grid, detector, views: [...views, ...parallelViews(1)] })).toThrow(
        /one beam/,
      );
      expect(() => createProjector({ backend, grid, detector, views, modle: "siddon" } as never)).toThrow(
        /did you mean 'model'/,
      );
      expect(() => createProjector({ backend, grid, detector: { ...detector, rows: 0 }, views })).toThrow(/rows/);
      expect(() => A.withPixels(Uint32Array.of(154))).toThrow(/below/);
      const [view] = views;
      const broken = (change: object) =>
        createProjector({ backend, grid, detector, views: [{ ...view, ...change } as View] });
      expect(() => broken({ source: [Number.NaN, 0, 0] })).toThrow(/finite/);
      expect(() => broken({ columnStep: [0, 0, 0] })).toThrow(/length 0/);
      expect(() => createProjector({ backend, grid, detector, views, voxelShift: 0.3 as 0 })).toThrow(/voxelShift/);
      expect(() =>
        createProjector({
          backend,
          grid,
          detector,
          views,
          model: "trilinear",
          interval: { from: 1, to: 0, samples: 9 },
        }),
      ).toThrow(/interval/);
      const rays = Float64Array.of(0, 0, 0, 1, Number.NaN, 1);
      expect(() => createRayProjector({ backend, grid, rays })).toThrow(/number 4 of ray 0/);
      expect(() => A.withPixels(Uint32Array.of(7, 3, 7))).toThrow(/7 is listed twice/);
    });
  });
