/** A volume with `factor` x `factor` voxels of each slice averaged into one; what is left over at the far ends is cut. */
export function averaged(volume, factor) {
  if (!(Number.isInteger(factor) && factor > 0)) throw new Error(`--reduce is a whole number above 0, not ${factor}`);
  if (factor === 1) return volume;
  const { size, indexToWorld: m } = volume.grid;
  const [nx, ny, nz] = [Math.floor(size[0] / factor), Math.floor(size[1] / factor), size[2]];
  const values = new Float32Array(nx * ny * nz);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny * factor; j++)
      for (let i = 0; i < nx * factor; i++) {
        const to = Math.floor(i / factor) + nx * (Math.floor(j / factor) + ny * k);
        values[to] += volume.values[i + size[0] * (j + size[1] * k)] / factor ** 2;
      }
  const shift = (factor - 1) / 2;
  const row = (r) => [m[r] * factor, m[r + 1] * factor, m[r + 2], m[r + 3] + shift * (m[r] + m[r + 1])];
  return {
    ...volume,
    grid: { size: [nx, ny, nz], indexToWorld: [...row(0), ...row(4), ...row(8), 0, 0, 0, 1] },
    values,
  };
}
