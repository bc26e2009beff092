export * from "./host/index.js";
export * from "./imageModel/index.js";
export type { Evaluation, Metric, MetricOptions } from "./metric.js";
export { normalizedCrossCorrelation } from "./normalizedCrossCorrelation.js";
export { meanAbsoluteError, meanSquaredError } from "./residual.js";
export * from "./similarity/index.js";
