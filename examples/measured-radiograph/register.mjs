/** Levenberg-Marquardt over free rays: any set of rays can be registered as cone views are. */
import { se3Exp } from "tomograd/geometry";
import { lmState, POSE_BLOCKS } from "tomograd/optimizer";
import { createRayProjector } from "tomograd/projector";

const multiply = (a, b) =>
  Array.from({ length: 16 }, (_, i) =>
    [0, 1, 2, 3].reduce((sum, k) => sum + a[4 * Math.floor(i / 4) + k] * b[4 * k + (i % 4)], 0),
  );
const shift = ([x, y, z], sign) => [1, 0, 0, sign * x, 0, 1, 0, sign * y, 0, 0, 1, sign * z, 0, 0, 0, 1];
const about = (motion, center) => multiply(shift(center, 1), multiply(motion, shift(center, -1)));
const moved = (m, x, y, z) => [0, 4, 8].map((r) => m[r] * x + m[r + 1] * y + m[r + 2] * z + m[r + 3]);

/** Mean distance (mm) that a motion moves points by, and the part of it across the x axis, which is the beam's. */
export function meanShift(motion, points) {
  const off = points.map((p) => moved(motion, ...p).map((value, axis) => value - p[axis]));
  const mean = (length) => off.reduce((sum, d) => sum + length(d), 0) / off.length;
  return { all: mean((d) => Math.hypot(...d)), across: mean(([, y, z]) => Math.hypot(y, z)) };
}

function movedRays(rays, motion) {
  const out = new Float64Array(rays.length);
  for (let i = 0; i < rays.length; i += 3) out.set(moved(motion, rays[i], rays[i + 1], rays[i + 2]), i);
  return out;
}

/** Line integrals of a volume along rays, and with `derivatives` d(integral)/d(source, end). */
export async function render(volume, rays, derivatives) {
  const { backend } = volume.array;
  const projector = createRayProjector({ backend, grid: volume.grid, rays, model: "joseph", extent: "line" });
  const image = projector.apply(volume);
  const values = Float64Array.from(await backend.download(image));
  image.dispose();
  const jacobian = derivatives ? await projector.jacobian(volume) : undefined;
  projector.dispose();
  return { values, jacobian };
}

/** 1 for rays that do not leave the grid through its first or last slice (a grid along the world's axes). */
function rayMask({ grid: { size, indexToWorld: m } }, rays) {
  const [low, high] = [0, 1, 2]
    .map((axis) => [-0.5, size[axis] - 0.5].map((i) => m[5 * axis] * i + m[4 * axis + 3]).sort((a, b) => a - b))
    .reduce(
      ([lows, highs], [a, b]) => [
        [...lows, a],
        [...highs, b],
      ],
      [[], []],
    );
  return Uint8Array.from({ length: rays.length / 6 }, (_, i) => {
    const [s, e] = [rays.subarray(6 * i, 6 * i + 3), rays.subarray(6 * i + 3, 6 * i + 6)];
    let [from, to] = [-Infinity, Infinity];
    for (const axis of [0, 1]) {
      const d = e[axis] - s[axis];
      const [a, b] = [(low[axis] - s[axis]) / d, (high[axis] - s[axis]) / d];
      [from, to] = [Math.max(from, Math.min(a, b)), Math.min(to, Math.max(a, b))];
    }
    const inside = (t) => s[2] + t * (e[2] - s[2]) > low[2] && s[2] + t * (e[2] - s[2]) < high[2];
    return from < to && inside(from) && inside(to) ? 1 : 0;
  });
}

/** One stage: from a motion to the best one by a similarity; stages are { volume, level, similarity, evaluations }. */
export async function runStage(stage, start, center) {
  const { volume, level, similarity, evaluations } = stage;
  const { rows, columns, values, rays } = level;
  const prepared = similarity.prepare({ values, views: 1, rows, columns });
  const equationsAt = async (motion) => {
    const at = movedRays(rays, motion);
    const { values: image, jacobian } = await render(volume, at, true);
    const columnsOf = Array.from({ length: 6 }, () => new Float64Array(image.length));
    for (let i = 0; i < image.length; i++)
      for (const point of [6 * i, 6 * i + 3]) {
        const [x, y, z] = [0, 1, 2].map((axis) => at[point + axis] - center[axis]);
        const [a, b, c] = jacobian.subarray(point, point + 3);
        // d(integral)/d(omega) = (X - center) x d(integral)/dX
        [y * c - z * b, z * a - x * c, x * b - y * a, a, b, c].forEach((value, k) => {
          columnsOf[k][i] += value;
        });
      }
    const out = { gradient: [new Float64Array(6)], hessian: [new Float64Array(36)] };
    const moving = { values: image, views: 1, rows, columns };
    const [score] = prepared.normalEquations(moving, columnsOf, out, { mask: rayMask(volume, at) });
    return { value: -score, gradient: out.gradient[0].map((g) => -g), matrix: out.hessian[0] };
  };
  let motion = start;
  const state = lmState(await equationsAt(motion), { blocks: POSE_BLOCKS });
  for (let i = 1; i < evaluations; i++) {
    const step = state.propose();
    if (state.stopped) break;
    const tried = multiply(about(se3Exp(step.slice(0, 3), [...step.slice(3)]), center), motion);
    if (state.accept(await equationsAt(tried))) motion = tried;
  }
  return { motion, score: -state.value };
}

export const raysAt = movedRays;
