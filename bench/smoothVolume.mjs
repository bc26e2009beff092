/** Smooth positive values in every voxel (attenuation, 1/mm), the same on every machine; x fastest. */
export function smoothVolume([nx, ny, nz]) {
  const wave = (n, period) => Float32Array.from({ length: n }, (_, i) => Math.sin((2 * Math.PI * i) / period));
  const [x, y, z] = [wave(nx, 43), wave(ny, 57), wave(nz, 71)];
  const values = new Float32Array(nx * ny * nz);
  let at = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++) values[at++] = 0.02 + 0.01 * x[i] * y[j] * z[k];
  return values;
}
