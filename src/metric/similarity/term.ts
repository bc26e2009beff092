/** A feature image of the moving and of the fixed image, as the windows of a correlation see it. */
export interface FeaturePair {
  /** Less the mean of the valid pixels; 0 at the others. */
  moving: Float64Array;
  fixed: Float64Array;
  /** 1 at valid pixels; undefined: all. */
  valid: Uint8Array | undefined;
  /** Number of valid pixels. */
  count: number;
  /** Population variances over the valid pixels. */
  movingVariance: number;
  fixedVariance: number;
  /** Variances up to these are rounding: the images are constant. */
  movingFloor: number;
  fixedFloor: number;
}

/** One part of a correlation: a window size with its weight. Work arrays are its own; `compare` comes first. */
export interface CorrelationTerm {
  /** weight times the mean over windows; adds weight times its derivative (also at pixels that are not valid). */
  compare(pair: FeaturePair, cotangent: Float64Array | undefined): number;
  /** Adds the pixels' weights in the Gram matrix of the Jacobian images. */
  addWeights(out: Float64Array): void;
  /** Adds what the Gram matrix lacks of the Gauss-Newton matrix. Jacobian images are 0 where not valid. */
  addCorrections(pair: FeaturePair, jacobian: JacobianImages, hessian: Float64Array): void;
}

/** Jacobian images (or features of them) of p parameters: [pixel][lane], the lanes from p on 0. */
export interface JacobianImages {
  readonly values: Float64Array;
  /** A multiple of three. */
  readonly lanes: number;
  readonly parameters: number;
}

/** Arrays of p numbers for one window, and the window's moments: see `addWindowCorrection`. */
export function windowScratch() {
  const scratch = {
    m: new Float64Array(0),
    w: new Float64Array(0),
    v: new Float64Array(0),
    moments: { variance: 0, square: 1, factor: 0 },
    /** Makes the arrays p long. */
    resize(p: number): void {
      if (scratch.m.length === p) return;
      scratch.m = new Float64Array(p);
      scratch.w = new Float64Array(p);
      scratch.v = new Float64Array(p);
    },
  };
  return scratch;
}

/** Sum over the pixels of Jacobian image c times another image. */
export function dotLane({ values, lanes }: JacobianImages, c: number, other: Float64Array): number {
  let sum = 0;
  for (let i = 0, at = c; i < other.length; i++, at += lanes) sum += values[at] * other[i];
  return sum;
}

/** The same for every lane. */
export function dotLanes({ values, lanes }: JacobianImages, other: Float64Array, out: Float64Array): void {
  for (let lane = 0; lane < lanes; lane += 3) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    for (let i = 0, at = lane; i < other.length; i++, at += lanes) {
      const a = other[i];
      s0 += values[at] * a;
      s1 += values[at + 1] * a;
      s2 += values[at + 2] * a;
    }
    out[lane] = s0;
    out[lane + 1] = s1;
    out[lane + 2] = s2;
  }
}
