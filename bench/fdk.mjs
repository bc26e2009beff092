/**
 * FDK of n³ voxels of 1 mm from 360 views of n x n pixels of 1.6 mm, source to axis 1000 mm, to detector 1500 mm.
 * Upright: the axis of rotation along the grid's third axis. Tilted: 0.01 radians off it, so that the general form of
 * the backprojection is needed. The time does not depend on the values.
 */
import { circularTrajectory } from "tomograd/geometry";
import { createProjector } from "tomograd/projector";
import { fdk } from "tomograd/reconstruction";
import { createGrid } from "tomograd/volume";

const VIEWS = 360;
const TILT = 0.01;

function tilted(view) {
  const [c, s] = [Math.cos(TILT), Math.sin(TILT)];
  const turn = ([x, y, z]) => [x, c * y - s * z, s * y + c * z];
  const { source, firstPixel, columnStep, rowStep } = view;
  return {
    beam: "cone",
    source: turn(source),
    firstPixel: turn(firstPixel),
    columnStep: turn(columnStep),
    rowStep: turn(rowStep),
  };
}

/** Smooth line integrals that vanish at the edges of the detector, the same in every view. */
function smoothProjections({ rows, columns }) {
  const values = new Float32Array(VIEWS * rows * columns);
  const hill = (i, n) => Math.sin((Math.PI * (i + 0.5)) / n) ** 2;
  const one = Float32Array.from(
    { length: rows * columns },
    (_, i) => hill(i % columns, columns) * hill(Math.floor(i / columns), rows),
  );
  for (let view = 0; view < VIEWS; view++) values.set(one, view * one.length);
  return values;
}

/** A scan of a size, and what reconstructs it on a backend. */
export function fdkScan(size) {
  const detector = { rows: size, columns: size, pixelSize: [1.6, 1.6] };
  const trajectory = circularTrajectory({ detector, sid: 1000, sdd: 1500, views: VIEWS });
  const values = smoothProjections(detector);
  const grid = createGrid({ size: [size, size, size], spacing: 1 });
  return {
    views: VIEWS,
    bytes: values.byteLength,
    async run(backend, form) {
      const views = form === "tilted" ? trajectory.views.map(tilted) : trajectory.views;
      const A = createProjector({ backend, grid, detector, views });
      let peakBytes = 0;
      const onIteration = () => {
        peakBytes = Math.max(peakBytes, backend.liveBytes);
      };
      const { volume, warnings } = await fdk(A, { ...trajectory, views, values }, { onIteration });
      if (warnings.length > 0) throw new Error(`fdk warns: ${warnings[0].message}`);
      volume.dispose();
      A.dispose();
      return { peakBytes };
    },
  };
}
