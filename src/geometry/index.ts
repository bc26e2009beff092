export * from "./indexFrame.js";
export * from "./view.js";
