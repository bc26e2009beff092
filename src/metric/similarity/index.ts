export type { Epsilon } from "./epsilon.js";
export { type GradientNccOptions, gradientNcc, localGradientNcc } from "./gradientNcc.js";
export { type CorrelationWindowOptions, multiscaleNcc, ncc, type ScaleOptions } from "./ncc.js";
export {
  diffdrrGradientNcc,
  diffdrrMultiscaleNcc,
  diffdrrNcc,
  nanodrrGradientNcc,
  nanodrrMultiscaleNcc,
  nanodrrNcc,
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
