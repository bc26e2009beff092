/** The backends of tests that every backend passes: `webgpu` alone where GPUs are tested, in a process of its own. */
import type { BackendOptions } from "../../src/backend/create.js";

type Name = Exclude<NonNullable<BackendOptions["prefer"]>, "auto">;

const ONLY = process.env.TOMOGRAD_BACKENDS;

/** True if this process tests `name`. */
export const isTested = (name: Name): boolean => (ONLY ? name === ONLY : name !== "webgpu");

/** Of a table by backend, the rows that this process tests. */
export const testedOn = <N extends Name, T>(table: Readonly<Record<N, T>>): readonly (readonly [name: N, row: T])[] =>
  (Object.entries(table) as [N, T][]).filter(([name]) => isTested(name));
