export { type Regularizer, type TotalVariationOptions, totalVariation } from "./totalVariation.js";
