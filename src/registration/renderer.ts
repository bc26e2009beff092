/** Renders many candidates at once: their images, and the derivatives of those with respect to everything unknown. */
import type { Backend } from "../backend/backend.js";
import type { Model } from "../backend/kernels.js";
import type { Detector, View } from "../geometry/view.js";
import { createProjector } from "../projector/createProjector.js";
import type { DeviceVolume } from "../projector/types.js";
import { type Candidate, type Layout, placed } from "./layout.js";
import { POSE_COLUMNS, poseColumns } from "./poseColumns.js";

/** What is rendered at one resolution. */
export interface Scene {
  readonly backend: Backend;
  /** One volume a body; their images add up. */
  readonly bodies: readonly DeviceVolume[];
  readonly detector: Detector;
  /** The X-rays as they were given, at this resolution. */
  readonly views: readonly View[];
  readonly layout: Layout;
  readonly model: Model;
}

/** Images of some candidates: [candidate][view][row][column]. */
export interface Rendered {
  readonly images: Float32Array | Float64Array;
  /** Fills the columns of one image: 6 a body, then the intrinsics of the view; needs `derivatives`. */
  columns(candidate: number, view: number, out: readonly Float64Array[]): void;
}

/** Numbers as they come from a backend. */
type Reals = Float32Array | Float64Array;

/**
 * Rays are whole lines: cut at the detector, an image jumps where the detector's plane meets the volume, and the
 * derivative misses that.
 */
export async function render(scene: Scene, candidates: readonly Candidate[], derivatives: boolean): Promise<Rendered> {
  const { layout, bodies, views, detector } = scene;
  const n = detector.rows * detector.columns;
  const where = bodies.map((_, body) =>
    candidates.flatMap((candidate) => views.map((_, view) => placed(layout, candidate, views, view, body))),
  );
  const parts = bodies.map((volume, body) => {
    const { backend, model } = scene;
    using A = createProjector({
      ...{ backend, model, detector, grid: volume.grid, extent: "line" },
      views: where[body].map(({ view }) => view),
    });
    if (!derivatives) {
      using image = A.apply(volume);
      return { image: backend.download(image.array), jacobian: undefined };
    }
    const { image, jacobian } = A.lineJacobian(volume);
    using _image = image;
    using _jacobian = jacobian;
    return { image: backend.download(image.array), jacobian: backend.download(jacobian) };
  });
  const images = (await Promise.all(parts.map(({ image }) => image))) as Reals[];
  const jacobians = (await Promise.all(parts.map(({ jacobian }) => jacobian))) as (Reals | undefined)[];
  for (const other of images.slice(1)) for (let i = 0; i < other.length; i++) images[0][i] += other[i];
  return {
    images: images[0],
    columns(candidate, view, out) {
      const at = candidate * views.length + view;
      const intrinsic = out.slice(POSE_COLUMNS * bodies.length);
      for (const column of intrinsic) column.fill(0);
      bodies.forEach((volume, body) => {
        const jacobian = jacobians[body];
        if (!jacobian) return;
        poseColumns(
          {
            ...{ jacobian, offset: 6 * n * at, rows: detector.rows, columns: detector.columns },
            ...{ grid: volume.grid, center: layout.centers[body], ...where[body][at] },
          },
          out.slice(POSE_COLUMNS * body, POSE_COLUMNS * (body + 1)),
          intrinsic,
        );
      });
    },
  };
}
