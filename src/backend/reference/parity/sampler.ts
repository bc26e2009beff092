/**
 * Value of a volume at a point in index coordinates, zero outside, as `torch.nn.functional.grid_sample` with zero
 * padding gives it: voxel centers at i + 1/2, or (alignCorners) stretched so that center i sits at i n / (n - 1).
 */
export type SampleMode = "nearest" | "bilinear";

export interface Sampler {
  sample(x: number, y: number, z: number): number;
  /** As `sample`, and `slope` <- d value / d (x, y, z), 0 for nearest. */
  sampleWithSlope(x: number, y: number, z: number): number;
  readonly slope: Float64Array;
  /** out <- out + weight * d sample(x, y, z) / d values */
  scatter(out: Float64Array, weight: number, x: number, y: number, z: number): void;
}

/** "bilinear" is trilinear (torch's word for the linear mode of any dimension); "nearest" rounds half to even. */
export function createSampler(
  values: ArrayLike<number>,
  size: readonly [number, number, number],
  mode: SampleMode,
  alignCorners = false,
): Sampler {
  return mode === "nearest" ? nearest(values, size, alignCorners) : linear(values, size, alignCorners);
}

/** Nearest integer, halves to the even one (IEEE 754 and torch's nearbyint). */
function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

type Size = readonly [number, number, number];

/** Center coordinate = u * scale - shift, for each axis. */
function centering([nx, ny, nz]: Size, alignCorners: boolean) {
  const scale = alignCorners ? [(nx - 1) / nx, (ny - 1) / ny, (nz - 1) / nz] : [1, 1, 1];
  return { scale, shift: alignCorners ? 0 : 0.5 };
}

function nearest(values: ArrayLike<number>, size: Size, alignCorners: boolean): Sampler {
  const [nx, ny, nz] = size;
  const { scale, shift } = centering(size, alignCorners);
  const [scaleX, scaleY, scaleZ] = scale;
  const find = (x: number, y: number, z: number): number => {
    const i = roundHalfEven(x * scaleX - shift);
    const j = roundHalfEven(y * scaleY - shift);
    const k = roundHalfEven(z * scaleZ - shift);
    return i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz ? i + nx * (j + ny * k) : -1;
  };
  const sample = (x: number, y: number, z: number): number => {
    const at = find(x, y, z);
    return at < 0 ? 0 : values[at];
  };
  return {
    slope: new Float64Array(3),
    sample,
    sampleWithSlope: sample,
    scatter(out, weight, x, y, z) {
      const at = find(x, y, z);
      if (at >= 0) out[at] += weight;
    },
  };
}

function linear(values: ArrayLike<number>, size: Size, alignCorners: boolean): Sampler {
  const [nx, ny, nz] = size;
  const { scale, shift } = centering(size, alignCorners);
  const [scaleX, scaleY, scaleZ] = scale;
  const strideZ = nx * ny;
  const slope = new Float64Array(3);
  const at = (i: number, j: number, k: number): number =>
    i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz ? values[i + nx * j + strideZ * k] : 0;
  const put = (out: Float64Array, i: number, j: number, k: number, weight: number): void => {
    if (i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz) out[i + nx * j + strideZ * k] += weight;
  };

  function sample(x: number, y: number, z: number): number {
    const px = x * scaleX - shift;
    const py = y * scaleY - shift;
    const pz = z * scaleZ - shift;
    if (!(px > -1 && py > -1 && pz > -1 && px < nx && py < ny && pz < nz)) return 0;
    const i = Math.floor(px);
    const j = Math.floor(py);
    const k = Math.floor(pz);
    const fx = px - i;
    const fy = py - j;
    const fz = pz - k;
    if (i < 0 || j < 0 || k < 0 || i > nx - 2 || j > ny - 2 || k > nz - 2) {
      const v00 = at(i, j, k) + fx * (at(i + 1, j, k) - at(i, j, k));
      const v10 = at(i, j + 1, k) + fx * (at(i + 1, j + 1, k) - at(i, j + 1, k));
      const v01 = at(i, j, k + 1) + fx * (at(i + 1, j, k + 1) - at(i, j, k + 1));
      const v11 = at(i, j + 1, k + 1) + fx * (at(i + 1, j + 1, k + 1) - at(i, j + 1, k + 1));
      const v0 = v00 + fy * (v10 - v00);
      return v0 + fz * (v01 + fy * (v11 - v01) - v0);
    }
    const low = i + nx * j + strideZ * k;
    const high = low + strideZ;
    const v00 = values[low] + fx * (values[low + 1] - values[low]);
    const v10 = values[low + nx] + fx * (values[low + nx + 1] - values[low + nx]);
    const v01 = values[high] + fx * (values[high + 1] - values[high]);
    const v11 = values[high + nx] + fx * (values[high + nx + 1] - values[high + nx]);
    const v0 = v00 + fy * (v10 - v00);
    return v0 + fz * (v01 + fy * (v11 - v01) - v0);
  }

  function sampleWithSlope(x: number, y: number, z: number): number {
    const px = x * scaleX - shift;
    const py = y * scaleY - shift;
    const pz = z * scaleZ - shift;
    slope[0] = slope[1] = slope[2] = 0;
    if (!(px > -1 && py > -1 && pz > -1 && px < nx && py < ny && pz < nz)) return 0;
    const i = Math.floor(px);
    const j = Math.floor(py);
    const k = Math.floor(pz);
    const fx = px - i;
    const fy = py - j;
    const fz = pz - k;
    const v000 = at(i, j, k);
    const v010 = at(i, j + 1, k);
    const v001 = at(i, j, k + 1);
    const v011 = at(i, j + 1, k + 1);
    const d00 = at(i + 1, j, k) - v000;
    const d10 = at(i + 1, j + 1, k) - v010;
    const d01 = at(i + 1, j, k + 1) - v001;
    const d11 = at(i + 1, j + 1, k + 1) - v011;
    const v00 = v000 + fx * d00;
    const v10 = v010 + fx * d10;
    const v01 = v001 + fx * d01;
    const v11 = v011 + fx * d11;
    const v0 = v00 + fy * (v10 - v00);
    const v1 = v01 + fy * (v11 - v01);
    slope[0] = scaleX * ((1 - fz) * (d00 + fy * (d10 - d00)) + fz * (d01 + fy * (d11 - d01)));
    slope[1] = scaleY * ((1 - fz) * (v10 - v00) + fz * (v11 - v01));
    slope[2] = scaleZ * (v1 - v0);
    return v0 + fz * (v1 - v0);
  }

  function scatter(out: Float64Array, weight: number, x: number, y: number, z: number): void {
    const px = x * scaleX - shift;
    const py = y * scaleY - shift;
    const pz = z * scaleZ - shift;
    if (!(px > -1 && py > -1 && pz > -1 && px < nx && py < ny && pz < nz)) return;
    const i = Math.floor(px);
    const j = Math.floor(py);
    const k = Math.floor(pz);
    const fx = px - i;
    const fy = py - j;
    const fz = pz - k;
    const w0 = weight * (1 - fz);
    const w1 = weight * fz;
    if (i >= 0 && j >= 0 && k >= 0 && i <= nx - 2 && j <= ny - 2 && k <= nz - 2) {
      const low = i + nx * j + strideZ * k;
      const high = low + strideZ;
      out[low] += w0 * (1 - fx) * (1 - fy);
      out[low + 1] += w0 * fx * (1 - fy);
      out[low + nx] += w0 * (1 - fx) * fy;
      out[low + nx + 1] += w0 * fx * fy;
      out[high] += w1 * (1 - fx) * (1 - fy);
      out[high + 1] += w1 * fx * (1 - fy);
      out[high + nx] += w1 * (1 - fx) * fy;
      out[high + nx + 1] += w1 * fx * fy;
      return;
    }
    put(out, i, j, k, w0 * (1 - fx) * (1 - fy));
    put(out, i + 1, j, k, w0 * fx * (1 - fy));
    put(out, i, j + 1, k, w0 * (1 - fx) * fy);
    put(out, i + 1, j + 1, k, w0 * fx * fy);
    put(out, i, j, k + 1, w1 * (1 - fx) * (1 - fy));
    put(out, i + 1, j, k + 1, w1 * fx * (1 - fy));
    put(out, i, j + 1, k + 1, w1 * (1 - fx) * fy);
    put(out, i + 1, j + 1, k + 1, w1 * fx * fy);
  }
  return { sample, sampleWithSlope, slope, scatter };
}
