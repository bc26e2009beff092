import { access, readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomically } from "#platform";
import type { Backend } from "../backend/backend.js";
import { fault, type Warning } from "../core/errors.js";
import { decodeRunRecord, encodeRunRecord, type Json, type RunFile, type RunRecord } from "../report/runRecord.js";
import { ownOptions } from "./commonOptions.js";
import { hashPath } from "./hashing.js";
import { machine } from "./machine.js";
import type { Operation } from "./operation.js";
import { OPERATIONS } from "./operations.js";
import { checkedOptions } from "./runOptions.js";
import type { BackendChoice, Outcome } from "./session.js";
import { VERSION } from "./version.js";

export interface FinishedRun {
  readonly operation: Operation;
  readonly options: Record<string, unknown>;
  readonly outcome: Outcome;
  readonly warnings: readonly Warning[];
  readonly startedAt: Date;
  readonly seconds: number;
  readonly backend: Backend | undefined;
  readonly choice: BackendChoice;
}

/** Plain JSON of anything: fields that are undefined vanish, typed arrays become lists. */
const plain = (value: unknown): { [name: string]: Json } =>
  JSON.parse(JSON.stringify(value, (_, v: unknown) => (ArrayBuffer.isView(v) ? Array.from(v as Uint8Array) : v)));

/** Where the run file of a finished run goes: beside the main output; without outputs nowhere. */
export const runFilePath = ({ outputs }: Outcome): string | undefined =>
  outputs.length > 0 ? `${outputs[0].replace(/[/\\]+$/, "")}.run.json` : undefined;

/** Writes the run file and returns what it holds. @throws WRITE_FAILED */
export async function writeRunFile(path: string, run: FinishedRun): Promise<RunRecord> {
  const { operation, outcome, backend } = run;
  const record: RunRecord = {
    format: "tomograd-run/1",
    operation: operation.name,
    options: plain({
      ...run.options,
      ...(run.choice.backend && { backend: run.choice.backend }),
      ...(run.choice.threads && { threads: run.choice.threads }),
    }),
    ...(outcome.geometry !== undefined && { geometry: plain(outcome.geometry) }),
    inputs: await Promise.all(operation.inputs(run.options).map(hashPath)),
    outputs: await Promise.all(outcome.outputs.map(hashPath)),
    ...(outcome.seed !== undefined && { seed: outcome.seed }),
    versions: { tomograd: VERSION, node: process.versions.node },
    machine: machine(),
    ...(backend && { backend: { name: backend.name, about: backend.about, threads: backend.threads } }),
    results: plain(outcome.results),
    warnings: run.warnings,
    startedAt: run.startedAt.toISOString(),
    seconds: run.seconds,
  };
  await writeFileAtomically(path, new TextEncoder().encode(encodeRunRecord(record)));
  return record;
}

/** What a run file asks for. */
export interface RepeatedRun {
  readonly operation: Operation;
  readonly options: Record<string, unknown>;
  readonly choice: BackendChoice;
  /** As they came out then. */
  readonly outputs: readonly RunFile[];
}

/** The folder of the package, whose sample CT run files may name. */
const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Where an input of a run file lies now: where it says, from the current folder; else beside the run file; else in the
 * package, which brings a CT along.
 * @throws NOT_FOUND, INVALID_ARGUMENT (defect `input-changed`)
 */
async function findInput(input: RunFile, runFile: string): Promise<string> {
  const places = isAbsolute(input.path)
    ? [input.path]
    : [input.path, join(dirname(runFile), input.path), join(PACKAGE, input.path)];
  const found: RunFile[] = [];
  for (const place of places) {
    const exists = await access(place).then(
      () => true,
      () => false,
    );
    if (!exists) continue;
    const now = await hashPath(place);
    if (now.sha256 === input.sha256) return place;
    found.push(now);
  }
  const [now] = found.length > 0 ? found : [await hashPath(input.path)];
  throw fault(
    "INVALID_ARGUMENT",
    `${now.path} is not the file of that run: ${now.bytes} bytes with SHA-256 ${now.sha256.slice(0, 12)}..., it was ${input.bytes} bytes with ${input.sha256.slice(0, 12)}...`,
    { defect: "input-changed", path: now.path },
  );
}

/**
 * What a run file asks for again: its options must be those of the command, its inputs what they were. Relative paths
 * start at the current folder; an input that is not there is looked for beside the run file and in the package.
 * @throws NOT_FOUND, CORRUPT_FILE, UNSUPPORTED_FORMAT, INVALID_ARGUMENT (defects `unknown-option`, `input-changed`)
 */
export async function repeatRun(path: string): Promise<RepeatedRun> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw fault("NOT_FOUND", `${path} cannot be read: ${(error as Error).message}`, { defect: "missing-file" }, error);
  });
  const record = decodeRunRecord(text);
  const operation = OPERATIONS.find(({ name }) => name === record.operation);
  if (!operation)
    throw fault("UNSUPPORTED_FORMAT", `this version has no operation '${record.operation}'`, {
      defect: "unknown-operation",
    });
  const checked = checkedOptions(operation, record.options);
  for (const input of record.inputs) {
    const place = await findInput(input, path);
    const moved = (value: unknown) => (value === input.path ? place : value);
    for (const [name, value] of Object.entries(checked))
      checked[name] = Array.isArray(value) ? value.map(moved) : moved(value);
  }
  const { backend, threads } = checked;
  return {
    operation,
    options: ownOptions(checked),
    // the backend that ran then, unless it is asked for anew: other backends round differently
    choice: {
      backend: (backend ?? record.backend?.name) as BackendChoice["backend"],
      ...(typeof threads === "number" && { threads }),
    },
    outputs: record.outputs,
  };
}

/** A line for each output of a repeated run: whether its bytes are those of then. */
export function compareOutputs(then: readonly RunFile[], now: readonly RunFile[]): string[] {
  return now.map(({ path, sha256 }) => {
    const before = then.find((file) => file.path === path);
    if (before?.sha256 === sha256) return `${path}: the same bytes as then`;
    return `${path}: ${before ? "other bytes than then (a report holds times)" : "not written then"}`;
  });
}
