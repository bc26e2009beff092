import { createRequire } from "node:module";

/** Of the package, as in its package.json. */
export const VERSION: string = createRequire(import.meta.url)("../../package.json").version;
