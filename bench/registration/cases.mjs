/**
 * The protocol: a C-arm 850 mm from the middle of the CT and 1020 mm from a detector of 128 x 128 pixels over 400 x 400 mm,
 * AP and (two views) lateral, the source at the patient's left. Targets come from the finest voxels, 256 x 256 rays
 * averaged 2 x 2; what is registered is coarser. Every case has its own angle about the long axis, noise and occluder.
 */
import { cArmView, transformView } from "tomograd/geometry";
import { createProjector, toDevice, toHost } from "tomograd/projector";
import { eulerMotion } from "tomograd/registration";
import { crop, gridCenter, spacing } from "tomograd/volume";
import { degraded } from "./conditions.mjs";
import { around, createUniform } from "./random.mjs";

const SDD = 1020;
const SID = 850;
const SIZE_MM = 400;
const PIXELS = 128;
/** mm cut off at both ends of a short CT, at most. */
const CUT = 62.5;
/** Degrees to both sides. */
const ARM = 30;

const detectorOf = (pixels) => ({ rows: pixels, columns: pixels, pixelSize: [SIZE_MM / pixels, SIZE_MM / pixels] });
export const DETECTOR = detectorOf(PIXELS);

/** The middle of a volume along z: what a CT that is shorter than the X-ray holds. */
export function shortened(volume) {
  const { size } = volume.grid;
  const cut = Math.floor(CUT / spacing(volume.grid)[2]);
  return crop(volume, { start: [0, 0, cut], size: [size[0], size[1], size[2] - 2 * cut] });
}

/** Angles about z (degrees) of the views of a case: AP, then lateral with its source at -x, the patient's left. */
const armAngles = (turn, views) => [turn, turn + 90].slice(0, views);

const viewsOf = (grid, pixels, angles) =>
  angles.map((angle) =>
    cArmView({
      ...{ detector: detectorOf(pixels), sdd: SDD, isocenter: gridCenter(grid) },
      ...{ rotationDeg: [angle, 0, 0], translation: [0, SID, 0] },
    }),
  );

const averaged = (values, n) => {
  const out = new Float32Array((n / 2) ** 2);
  for (let r = 0; r < n; r++) for (let c = 0; c < n; c++) out[(r >> 1) * (n / 2) + (c >> 1)] += values[r * n + c] / 4;
  return out;
};

/** Makes the X-rays of cases; `body`: attenuation on its finest voxels. Dispose it after use. */
export function createTargets(backend, body) {
  const x = toDevice(backend, body);
  return {
    /** Views at their true places, and images of them. */
    async make({ index, seed, views, condition }) {
      const uniform = createUniform(1000003 * seed + index);
      const angles = armAngles(around(uniform, ARM), views);
      const fine = viewsOf(body.grid, 2 * PIXELS, angles);
      const projector = createProjector({
        ...{ backend, grid: body.grid, detector: detectorOf(2 * PIXELS), views: fine },
        ...{ model: "joseph", extent: "line" },
      });
      const y = projector.apply(x);
      const { values } = await toHost(y);
      y.dispose();
      projector.dispose();
      const n = 4 * PIXELS ** 2;
      const images = fine.map((_, v) => averaged(values.subarray(v * n, (v + 1) * n), 2 * PIXELS));
      return {
        views: viewsOf(body.grid, PIXELS, angles),
        images: images.map((image) => degraded(image, DETECTOR, condition, uniform)),
      };
    },
    dispose: () => x.dispose(),
  };
}

/** What start `start` of a case believes: its rigid error X -> R (X - c) + c + t, and the X-rays filed by it. */
export function startOf({ views, images }, center, [angle, shift], { index, start, seed }) {
  const uniform = createUniform(7919 * seed + 104729 * index + start + 1);
  const draw = (half) => [around(uniform, half), around(uniform, half), around(uniform, half)];
  const error = eulerMotion(draw(angle), draw(shift), center);
  const xrays = images.map((values, v) => ({
    values,
    detector: DETECTOR,
    view: transformView(views[v], error),
  }));
  return { error, xrays };
}
