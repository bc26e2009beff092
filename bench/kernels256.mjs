/**
 * The projector kernels on 256³ voxels of 1 mm: cone beam, source to axis 1000 mm, to detector 1500 mm, 256 x 256 pixels
 * of 1.6 mm, 6 views over 360 degrees.
 */
import { viewTable } from "tomograd/geometry";
import { createGrid } from "tomograd/volume";
import { smoothVolume } from "./smoothVolume.mjs";

const SIZE = 256;
const PIXELS = 256;
const PIXEL_MM = 1.6;
const VIEWS = 6;
const SID = 1000;
const SDD = 1500;
const STEP_MM = 1;

function orbitView(index) {
  const angle = (2 * Math.PI * index) / VIEWS;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const half = (PIXEL_MM * (PIXELS - 1)) / 2;
  return {
    beam: "cone",
    source: [SID * c, SID * s, 0],
    firstPixel: [(SID - SDD) * c + half * s, (SID - SDD) * s - half * c, -half],
    columnStep: [-PIXEL_MM * s, PIXEL_MM * c, 0],
    rowStep: [0, 0, PIXEL_MM],
  };
}

/** Arrays on a backend, and a function for every case. */
export function kernels256(backend) {
  const grid = createGrid({ size: [SIZE, SIZE, SIZE], spacing: [1, 1, 1] });
  const views = Array.from({ length: VIEWS }, (_, index) => orbitView(index));
  const numbers = viewTable(views, grid.indexToWorld);
  const shape = { kind: "volume", size: grid.size };
  const stack = (count) => ({ kind: "projections", views: count, rows: PIXELS, columns: PIXELS });
  const volume = backend.upload(smoothVolume(grid.size), shape, "volume");
  const gradient = backend.allocate(shape, "gradient");
  const image = backend.allocate(stack(VIEWS), "image");
  const jacobian = backend.allocate(stack(6 * VIEWS), "jacobian");
  const table = backend.upload(numbers, { kind: "flat", length: numbers.length }, "views");
  const runs = {};
  for (const model of ["siddon", "joseph", "trilinear"]) {
    const rays = {
      model,
      beam: "cone",
      extent: "segment",
      views: table,
      ...(model === "trilinear" && { step: STEP_MM }),
    };
    const out = { out: image, accumulate: false };
    runs[`${model}-forward-256`] = () => backend.run("project", { ...rays, ...out, volume });
    runs[`${model}-adjoint-256`] = () =>
      backend.run("projectAdjoint", { ...rays, image, out: gradient, accumulate: false });
    runs[`${model}-jacobian-256`] = () => backend.run("projectLineJacobian", { ...rays, out: image, jacobian, volume });
  }
  const dispose = () => {
    for (const array of [volume, gradient, image, jacobian, table]) array.dispose();
  };
  // The adjoints read the image of a forward projection.
  runs["siddon-forward-256"]();
  return { views: VIEWS, runs, dispose };
}
