/** Contract suites for backends, also those of others. */
export type { BackendFactory, TestApi } from "./api.js";
export { backendSuite, type SuiteOptions } from "./backendSuite.js";
export type { Errors } from "./compare.js";
export { innerProduct, relativeErrors, sameBytes } from "./compare.js";
