// Every export has the form (task: i32, args: usize): void, `args` being the address of f64 arguments (program.ts).
export * from "./backproject";
export * from "./elementwise";
export * from "./filterRows";
export * from "./normalizedCrossCorrelation";
export * from "./optimizers";
export * from "./reductions";
export * from "./storage";
export * from "./totalVariation";
export * from "./totalVariationDual";
export * from "./projectors";
export * from "./viewGradient";
