export * from "./errors.js";
export * from "./linear.js";
export * from "./options.js";
export * from "./poisson.js";
export * from "./random.js";
