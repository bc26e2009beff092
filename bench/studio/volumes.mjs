/** Volumes to drag. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readVolume, writeVolume } from "tomograd/io";
import { createGrid, gridCenter, gridCorners, resample } from "tomograd/volume";

const CHEST = fileURLToPath(new URL("../../data/chest-lidc-idri-0001-small.nii.gz", import.meta.url));
const SIZES = [128, 256];

/** Writes the chest of the package on 128³ and 256³ voxels of its own box. */
export async function writeCubes(folder) {
  const chest = await readVolume(CHEST, { quantity: "hounsfield" });
  const corners = gridCorners(chest.grid);
  const extent = [0, 1, 2].map((axis) => {
    const along = corners.map((corner) => corner[axis]);
    return Math.max(...along) - Math.min(...along);
  });
  const cubes = [];
  for (const size of SIZES) {
    const spacing = extent.map((length) => length / size);
    const grid = createGrid({ size: [size, size, size], spacing, center: gridCenter(chest.grid) });
    const { values } = resample(chest, grid);
    const path = join(folder, `chest-${size}.nii`);
    await writeVolume(path, { quantity: "hounsfield", grid, values: Int16Array.from(values, Math.round) });
    cubes.push({ size, path });
  }
  return cubes;
}
