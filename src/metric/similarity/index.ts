export type { Epsilon } from "./epsilon.js";
export { type GradientNccOptions, gradientNcc, localGradientNcc } from "./gradientNcc.js";
export {
  type GaussianMutualInformationOptions,
  type MattesOptions,
  type MutualInformationOptions,
  mutualInformation,
} from "./mutualInformation.js";
export { type CorrelationWindowOptions, multiscaleNcc, ncc, type ScaleOptions } from "./ncc.js";
export { type DeviceEvaluationOptions, evaluateSimilarity, imageStack } from "./onDevice.js";
export {
  diffdrrGradientNcc,
  diffdrrMultiscaleNcc,
  diffdrrMutualInformation,
  diffdrrNcc,
  nanodrrGradientNcc,
  nanodrrMultiscaleNcc,
  nanodrrNcc,
  type PeerMutualInformationOptions,
  type PeerNccOptions,
  type PeerScales,
} from "./peers.js";
export type {
  EvaluateOptions,
  ImageStack,
  NormalEquations,
  PreparedSimilarity,
  Similarity,
  StackShape,
} from "./similarity.js";
export { meanSquaredErrorSimilarity, type SquaredErrorOptions } from "./squaredError.js";
export { type StructuralSimilarityOptions, structuralSimilarity } from "./structuralSimilarity.js";
