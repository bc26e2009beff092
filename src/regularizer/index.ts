export type { ProximalPrior, SmoothPrior } from "./priors.js";
export { type Regularizer, type TotalVariationOptions, totalVariation } from "./totalVariation.js";
