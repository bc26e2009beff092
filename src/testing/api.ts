import type { Backend } from "../backend/backend.js";

/** What the suites need of a test runner; vitest has it. */
export interface TestApi {
  readonly describe: (name: string, body: () => void) => void;
  readonly test: ((name: string, body: () => void | Promise<void>) => void) & {
    readonly skipIf: (condition: boolean) => (name: string, body: () => void | Promise<void>) => void;
  };
  readonly expect: (
    actual: unknown,
    message?: string,
  ) => {
    toBe(expected: unknown): void;
    toEqual(expected: unknown): void;
    toBeLessThanOrEqual(bound: number): void;
    toBeGreaterThanOrEqual(bound: number): void;
    toContain(part: string): void;
  };
  readonly afterAll: (body: () => Promise<void>) => void;
}

/** Starts a backend; `threads` is honored where a backend has threads. */
export type BackendFactory = (options?: { readonly threads?: number }) => Promise<Backend>;
