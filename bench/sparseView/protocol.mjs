/** Views and data of the few-view benchmark; lengths in units of the cube [-1, 1]³. */
import { addNoise } from "tomograd/physics";
import { createProjector, toDevice, toHost } from "tomograd/projector";
import { cubeGrid, truthOf, zoomedTruthOf } from "./volumes.mjs";

/** n views over the full circle: source at distance 5, detector of 2N x 2N pixels over 4 x 4 at distance 2 behind. */
export function circle(n, size, pixels = 2 * size) {
  const pitch = 4 / pixels;
  const first = (-(pixels - 1) / 2) * pitch;
  const views = Array.from({ length: n }, (_, k) => {
    const [c, s] = [Math.cos((2 * Math.PI * k) / n), Math.sin((2 * Math.PI * k) / n)];
    return {
      beam: "cone",
      source: [5 * c, 5 * s, 0],
      firstPixel: [-2 * c - s * first, -2 * s + c * first, first],
      columnStep: [-s * pitch, c * pitch, 0],
      rowStep: [0, 0, pitch],
    };
  });
  return {
    detector: { rows: pixels, columns: pixels, pixelSize: [pitch, pitch] },
    views,
    about: `${n} views over 360°`,
  };
}

/** What a data set of the benchmark is. */
export const DATA = {
  "SV-A": "same operator, no noise",
  "SV-B": "same operator, Poisson and Gaussian noise",
  "SV-C": "object on a grid of 2N, Poisson noise",
  "SV-E": "exact integrals of the Shepp-Logan head, Poisson noise",
  R2: "R2-Gaussian's protocol: cubic zoom, same operator, Poisson and Gaussian noise",
};

/** Truth and line integrals of a data set. `i0`: photons a pixel of SV-B and R2; SV-C and SV-E have 1e5. */
export async function makeData(backend, volume, { data, size, views, i0, seed }) {
  const trajectory = circle(views, size);
  const truth = data === "R2" ? zoomedTruthOf(volume, size) : truthOf(volume, size);
  const fine = data === "SV-C";
  const object = fine ? truthOf(volume, 2 * size) : truth;
  const exact =
    data === "SV-E"
      ? headOnly(volume).project(trajectory).values
      : await lineIntegrals(backend, trajectory, object, fine ? 2 * size : size);
  let most = 0;
  for (const p of exact) most = Math.max(most, p);
  const noise = {
    "SV-B": { photonsPerPixel: i0, electronicNoise: 10, scale: most, nonNegative: true },
    R2: { photonsPerPixel: i0, electronicNoise: 10, scale: most, nonNegative: true },
    "SV-C": { photonsPerPixel: 1e5, scale: most / 4 },
    "SV-E": { photonsPerPixel: 1e5, scale: most / 4 },
  }[data];
  const values = Float32Array.from(noise ? addNoise(exact, { ...noise, seed }) : exact);
  return { truth, projections: { ...trajectory, values } };
}

function headOnly({ phantom, name }) {
  if (phantom) return phantom;
  throw new Error(`SV-E is the Shepp-Logan head with exact integrals, not ${name}: give --volume shepp-logan`);
}

async function lineIntegrals(backend, trajectory, volume, n) {
  const A = createProjector({ backend, grid: cubeGrid(n), ...trajectory, model: "joseph" });
  const x = toDevice(backend, volume);
  const p = A.apply(x);
  try {
    return (await toHost(p)).values;
  } finally {
    for (const resource of [p, x, A]) resource.dispose();
  }
}
