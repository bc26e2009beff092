export { compose, type ImageModel, type PreparedImageModel } from "./imageModel.js";
export { type ModeledImages, withImageModels } from "./modeledSimilarity.js";
export { beerLambert, gamma, inversion, negativeLog } from "./pointwise.js";
export { type CollimatorOptions, type CropOptions, collimator, crop } from "./region.js";
export { minMax, zScore } from "./scaling.js";
