import { fault } from "../../core/index.js";
import { checkLength, checkStack } from "../similarity/plane.js";
import type {
  EvaluateOptions,
  ImageStack,
  NormalEquations,
  PreparedSimilarity,
  Similarity,
} from "../similarity/similarity.js";
import { compose, type ImageModel, lengthOf, type PreparedImageModel } from "./imageModel.js";

/** What is done to the images before they are compared. */
export interface ModeledImages {
  /** To the rendered images, with derivatives. @default nothing */
  readonly moving?: ImageModel;
  /** To the measured images, once. @default nothing */
  readonly fixed?: ImageModel;
}

/**
 * A similarity of images after image models, which is again a similarity: moving images, cotangents, Jacobian images and
 * masks are those before the models. Both models see the shape of the fixed images; as
 * `withImageModels(ncc(), { moving: compose(beerLambert(), crop(field)), fixed: crop(field) })`.
 *
 * @throws on `prepare` SHAPE_MISMATCH (defect `length`) if the two models give different shapes, and what the models throw
 */
export function withImageModels(similarity: Similarity, models: ModeledImages): Similarity {
  const { moving = compose(), fixed = compose() } = models;
  return {
    name: `${similarity.name} of moving images (${moving.name}) and fixed images (${fixed.name})`,
    sense: similarity.sense,
    prepare(images) {
      checkStack("the fixed images", images, images);
      const { views, rows, columns } = images;
      const fixedModel = fixed.prepare({ views, rows, columns });
      const movingModel = moving.prepare({ views, rows, columns });
      const [a, b] = [movingModel.output, fixedModel.output];
      if (a.rows !== b.rows || a.columns !== b.columns)
        throw fault(
          "SHAPE_MISMATCH",
          `the models give moving images of ${a.rows} x ${a.columns} and fixed images of ${b.rows} x ${b.columns}; crop both alike`,
          { defect: "length", moving: [a.rows, a.columns], fixed: [b.rows, b.columns] },
        );
      const values = new Float64Array(lengthOf(fixedModel.output));
      fixedModel.apply(images.values, values);
      return modeled(similarity.prepare({ ...fixedModel.output, values }), movingModel);
    },
  };
}

function modeled(inner: PreparedSimilarity, model: PreparedImageModel): PreparedSimilarity {
  const { input, output } = model;
  const n = lengthOf(output);
  const values = new Float64Array(n);
  const shown: ImageStack = { ...output, values };
  const cotangent = new Float64Array(n);
  const maskOut = new Uint8Array(n);
  let jacobianOut: Float64Array[] = [];
  const innerOptions: { mask?: Uint8Array; cotangent?: Float64Array } = {};

  const load = (moving: ImageStack, { mask, cotangent: wanted }: EvaluateOptions) => {
    checkStack("the moving images", moving, input);
    if (mask) checkLength("mask", mask, lengthOf(input));
    if (wanted) checkLength("cotangent", wanted, lengthOf(input));
    model.apply(moving.values, values);
    if (mask) model.mask(mask, maskOut);
    innerOptions.mask = mask && maskOut;
    innerOptions.cotangent = wanted && cotangent;
  };
  const evaluate = (moving: ImageStack, options: EvaluateOptions = {}) => {
    load(moving, options);
    const result = inner.evaluate(shown, innerOptions);
    if (options.cotangent) model.vjp(cotangent, options.cotangent);
    return result;
  };
  const { normalEquations } = inner;
  if (!normalEquations) return { shape: input, evaluate };
  return {
    shape: input,
    evaluate,
    normalEquations(
      moving: ImageStack,
      jacobian: readonly (Float32Array | Float64Array)[],
      out: NormalEquations,
      options: Pick<EvaluateOptions, "mask"> = {},
    ) {
      load(moving, options);
      for (const image of jacobian) checkLength("a Jacobian image", image, lengthOf(input));
      if (jacobianOut.length !== jacobian.length) jacobianOut = jacobian.map(() => new Float64Array(n));
      for (let c = 0; c < jacobian.length; c++) model.jvp(jacobian[c], jacobianOut[c]);
      return normalEquations(shown, jacobianOut, out, innerOptions);
    },
  };
}
