/** Images of one size, [view][row][column], columns fastest. */
export interface ImageStack {
  /** views * rows * columns numbers, in any unit. */
  readonly values: Float32Array | Float64Array;
  readonly views: number;
  readonly rows: number;
  readonly columns: number;
}

/** The size of a stack of images. */
export type StackShape = Pick<ImageStack, "views" | "rows" | "columns">;

/** A measure of how alike rendered (moving) and measured (fixed) images are; a recipe without buffers. */
export interface Similarity {
  /** For reports, with the parameters that decide the numbers. */
  readonly name: string;
  /** Whether like images have a large or a small value. */
  readonly sense: "maximize" | "minimize";
  /** Reads the fixed images once (they are copied) and makes the work arrays. */
  prepare(fixed: ImageStack): PreparedSimilarity;
}

/** What a call may be given besides the moving images. */
export interface EvaluateOptions {
  /** 1 where a pixel counts, 0 where not; one byte per value of the moving images. @default all count */
  readonly mask?: Uint8Array;
  /** Filled with d(sum of the values)/d(moving), one number per value of the moving images. */
  readonly cotangent?: Float64Array;
}

/** Gradient and Gauss-Newton matrix of every view, for p parameters. */
export interface NormalEquations {
  /** Per view p numbers: d(value)/d(parameter). */
  readonly gradient: readonly Float64Array[];
  /** Per view p * p numbers, symmetric and positive semidefinite. */
  readonly hessian: readonly Float64Array[];
}

/**
 * A similarity to some fixed images. It owns its work arrays, so one call follows the other; nothing is allocated in a
 * call but what the first call of a kind needs. Values, gradients and matrices are float64, whatever the images are.
 */
export interface PreparedSimilarity {
  /** The shape that moving images must have. */
  readonly shape: StackShape;
  /**
   * One value per view; means over the views are the caller's. The array is the same at every call.
   * Images that are constant (or have no pixel that counts) have value and gradient 0 where the measure has no other.
   * @throws SHAPE_MISMATCH (defect `length`)
   */
  evaluate(moving: ImageStack, options?: EvaluateOptions): Float64Array;
  /**
   * Values as `evaluate`, and per view *adds* the gradient and the Gauss-Newton matrix to `out`, for the p images
   * jacobian[c] = d(moving)/d(parameter c), each as long as the moving images. A step x solves H x = gradient of a
   * similarity to be maximized, H x = -gradient of one to be minimized. Missing where a measure is no sum of squares.
   * @throws SHAPE_MISMATCH (defect `length`)
   */
  normalEquations?(
    moving: ImageStack,
    jacobian: readonly (Float32Array | Float64Array)[],
    out: NormalEquations,
    options?: Pick<EvaluateOptions, "mask">,
  ): Float64Array;
}
