import * as z from "zod";
import { fault } from "../core/index.js";

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A file that was read or written. */
export interface RunFile {
  /** As given by the user, or relative to the run file. */
  readonly path: string;
  /** Number of bytes; a folder: of all its files. */
  readonly bytes: number;
  /** SHA-256 of the content, 64 hex digits; a folder: of a line for each file, in the order of names. */
  readonly sha256: string;
}

/** What was done, with what, and what came out: enough to do it again. Plain JSON, published as `schema/run.json`. */
export interface RunRecord {
  readonly format: "tomograd-run/1";
  /** "render", "reconstruct" ... */
  readonly operation: string;
  /** Every option that steers the operation, defaults filled in. */
  readonly options: { readonly [name: string]: Json };
  /** The geometry file's content (`schema/geometry.json`), where views are involved. */
  readonly geometry?: { readonly [name: string]: Json };
  readonly inputs: readonly RunFile[];
  readonly outputs: readonly RunFile[];
  /** Of every random number in the run. */
  readonly seed?: number;
  /** Of tomograd, Node and whatever else computes: `{"tomograd": "0.1.0", "node": "20.19.0"}`. */
  readonly versions: { readonly [name: string]: string };
  readonly machine: {
    readonly system: string;
    readonly processor: string;
    readonly cores: number;
    readonly memoryBytes: number;
  };
  /** Absent if nothing was computed on a backend. */
  readonly backend?: { readonly name: string; readonly about: string; readonly threads: number };
  /** Figures of the result: losses, metrics. */
  readonly results: { readonly [name: string]: Json };
  readonly warnings: readonly { readonly defect: string; readonly message: string }[];
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
}

/** The zod schema of `RunRecord`; refuses fields that it does not know. */
export function runRecordSchema(): z.ZodType<RunRecord> {
  const json = z.record(z.string(), z.json());
  const file = z.strictObject({
    path: z.string(),
    bytes: z.int().nonnegative(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  });
  return z.strictObject({
    format: z.literal("tomograd-run/1"),
    operation: z.string().min(1),
    options: json,
    geometry: json.optional(),
    inputs: z.array(file),
    outputs: z.array(file),
    seed: z.int().optional(),
    versions: z.record(z.string(), z.string()),
    machine: z.strictObject({
      system: z.string(),
      processor: z.string(),
      cores: z.int().positive(),
      memoryBytes: z.int().nonnegative(),
    }),
    backend: z.strictObject({ name: z.string(), about: z.string(), threads: z.int().positive() }).optional(),
    results: json,
    warnings: z.array(z.strictObject({ defect: z.string(), message: z.string() })),
    startedAt: z.iso.datetime(),
    seconds: z.number().nonnegative(),
  });
}

/** The JSON Schema (2020-12) of `RunRecord`: the content of `schema/run.json`. */
export const runRecordJsonSchema = (): object => ({
  ...z.toJSONSchema(runRecordSchema()),
  title: "tomograd run file, version 1",
});

/** A run record as the text of its file. Numbers that JSON has no word for (NaN, infinities) are refused. @throws NOT_FINITE */
export function encodeRunRecord(record: RunRecord): string {
  const refuseNonFinite = (name: string, value: unknown) => {
    if (typeof value === "number" && !Number.isFinite(value))
      throw fault("NOT_FINITE", `a run file holds finite numbers, but '${name}' is ${value}`, { field: name });
    return value;
  };
  return `${JSON.stringify(record, refuseNonFinite, 2)}\n`;
}

/** Reads a run file's text. @throws CORRUPT_FILE (defect `not-json`), UNSUPPORTED_FORMAT (defect `not-a-run-file`) */
export function decodeRunRecord(text: string): RunRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fault(
      "CORRUPT_FILE",
      `a run file is JSON, this is not: ${(error as Error).message}`,
      { defect: "not-json" },
      error,
    );
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (format !== "tomograd-run/1")
    throw fault(
      "UNSUPPORTED_FORMAT",
      `this is no run file: its "format" must be "tomograd-run/1", not ${JSON.stringify(format) ?? "absent"}`,
      { defect: "not-a-run-file", problems: ["format"] },
    );
  const parsed = runRecordSchema().safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw fault("UNSUPPORTED_FORMAT", `this is no run file of the form tomograd-run/1: ${problems.join("; ")}`, {
    defect: "not-a-run-file",
    problems,
  });
}

/** SHA-256 as 64 hex digits. Needs Node, or a page from a secure address. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
