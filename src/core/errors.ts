import { hintOf, withHint } from "./hints.js";

/** Families of errors; the first thing that a caller may switch on. */
export type ErrorCode =
  | "INVALID_ARGUMENT" // an option or argument is of the wrong type, out of range, unknown or contradictory
  | "INVALID_GEOMETRY" // views, detector, grid or pose that cannot exist or never meet
  | "SHAPE_MISMATCH" // two arrays that must agree in shape do not
  | "NOT_FINITE" // NaN or infinity where a number is needed
  | "TRUNCATED_FILE" // a file ends before its header says it does
  | "CORRUPT_FILE" // bytes that contradict themselves (checksum, impossible header)
  | "UNSUPPORTED_FORMAT" // well formed perhaps, but nothing here reads it
  | "NOT_FOUND" // a file, folder, series or entry that is not there
  | "TOO_LARGE" // would need more memory than there is or than was allowed
  | "WRITE_FAILED"
  | "BUFFER_DISPOSED"
  | "WRONG_BACKEND"
  | "UNSUPPORTED_KERNEL"
  | "BACKEND_FAULT" // queued work failed
  | "DEVICE_LOST"
  | "OUT_OF_MEMORY"
  | "ABORTED"
  | "INVARIANT"; // an impossibility: a defect of tomograd

/** Plain data that travels with an error; survives structured cloning. */
export interface ErrorDetail {
  /** The kebab-case word for what is wrong with a file or input, e.g. `truncated`, `singular-affine`. */
  readonly defect?: string;
  /** What to do about it: a clause, with which the message ends. */
  readonly hint?: string;
  readonly [field: string]: unknown;
}

/**
 * The one error of the package. `message` says what was expected, what came, and what to do;
 * `code` is the family, `detail` the facts as plain data.
 */
export class TomogradError extends Error {
  override readonly name = "TomogradError";
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly detail: ErrorDetail = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Makes a tagged error; `throw fault("INVALID_GEOMETRY", "...", { field: "sdd" })`. Its message ends with `detail.hint`,
 * or with what there is to do about such a file.
 */
export function fault(code: ErrorCode, finding: string, detail: ErrorDetail = {}, cause?: unknown): TomogradError {
  const hint = detail.hint ?? hintOf(code, detail.defect);
  // A finding may quote another error, whole.
  const message = hint === undefined || finding.endsWith(hint) ? finding : withHint(finding, hint);
  const told = hint === undefined ? detail : { ...detail, hint };
  return new TomogradError(code, message, told, cause === undefined ? undefined : { cause });
}

/** True for a `TomogradError`, also one made by another copy of the package; narrows by `code` if given. */
export function isTomogradError(error: unknown, code?: ErrorCode): error is TomogradError {
  return (
    error instanceof Error &&
    error.name === "TomogradError" &&
    "code" in error &&
    (code === undefined || error.code === code)
  );
}

/** States what cannot be otherwise; a failure is a defect of tomograd, never the user's mistake. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw fault("INVARIANT", `internal error, please report it: ${message}`);
}

/** Throws `ABORTED` if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw fault("ABORTED", "the operation was aborted", {}, signal.reason);
}

/** Something worth telling that did not stop the work; `defect` is a kebab-case word as in `ErrorDetail`. */
export interface Warning {
  readonly defect: string;
  readonly message: string;
}
