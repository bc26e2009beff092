import { fault, type Warning } from "../core/errors.js";
import type { RunFile } from "../report/runRecord.js";
import type { CommonOptions } from "./commonOptions.js";
import type { Operation } from "./operation.js";
import { checkPaths } from "./paths.js";
import { type TextStream, terminalProgress } from "./progress.js";
import { compareOutputs, runFilePath, writeRunFile } from "./runFile.js";
import { commandLine } from "./runOptions.js";
import { gpuFailed, lazyBackend, type Outcome, type Session } from "./session.js";
import { withFlags } from "./words.js";

/** Where the program writes; the process's own, or a test's. */
export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: TextStream;
}

/** What is performed, and around it. */
export interface Performance {
  readonly operation: Operation;
  readonly options: Record<string, unknown>;
  readonly common: CommonOptions;
  readonly streams: Streams;
  readonly signal: AbortSignal;
  /** The outputs of the run that is repeated. */
  readonly before?: readonly RunFile[];
}

/** Runs an operation: first line, progress and warnings on stderr, results on stdout, outputs and run file on the disk. */
export async function perform({ operation, options, common, streams, signal, before }: Performance): Promise<void> {
  if (common.threads !== undefined && (common.backend === "reference" || common.backend === "webgpu"))
    throw fault("INVALID_ARGUMENT", `--threads belongs to --backend wasm, not to ${common.backend}`, {
      defect: "contradictory-options",
    });
  const inputs = operation.inputs(options);
  await checkPaths(inputs, [...operation.outputs(options), ...(common.runFile ? [common.runFile] : [])]);
  const backend = lazyBackend(common);
  const warnings: Warning[] = [];
  const startedAt = new Date();
  const progress = terminalProgress(common.quiet ? { write: () => undefined } : streams.stderr);
  const say = (line: string) => {
    if (common.quiet) return;
    progress.done();
    streams.stderr.write(`${line}\n`);
  };
  const session: Session = {
    say,
    warn: (said) => {
      const warning = { ...said, message: withFlags(said.message) };
      if (warnings.some(({ message }) => message === warning.message)) return;
      warnings.push(warning);
      say(`warning (${warning.defect}): ${warning.message}`);
    },
    progress,
    command: commandLine(operation, { ...options, backend: common.backend, threads: common.threads }),
    json: common.json ?? false,
    signal,
    backend: () => backend.get(),
    replaceBackend: (error) => backend.replace(error),
  };
  say(`${operation.name}: ${operation.announce(options)}`);
  const started = performance.now();
  try {
    const outcome = await operation.execute(options, session).catch(async (error: unknown) => {
      const next = await backend.replace(error);
      if (!next) throw error;
      session.warn(gpuFailed(error as Error, next));
      return operation.execute(options, session);
    });
    progress.done();
    const seconds = (performance.now() - started) / 1000;
    const runFile = common.runFile ?? runFilePath(outcome);
    if (runFile) {
      const finished = { operation, options, outcome, warnings, startedAt, seconds, choice: common };
      const record = await writeRunFile(runFile, { ...finished, backend: await backend.used() });
      for (const line of before ? compareOutputs(before, record.outputs) : []) say(line);
    }
    const lines = session.json
      ? [JSON.stringify(printed(outcome, warnings), null, 2)]
      : [
          ...outcome.summary,
          ...outcome.outputs.map((path) => `wrote ${path}`),
          ...(runFile ? [`wrote ${runFile} (tomograd run repeats it)`] : []),
        ];
    for (const line of lines) streams.stdout.write(`${line}\n`);
  } finally {
    progress.done();
    await backend.close();
  }
}

/** What --json prints: the results, the files written if there are any, and the warnings. */
const printed = ({ results, outputs }: Outcome, warnings: readonly Warning[]) => ({
  ...results,
  ...(outputs.length > 0 && { outputs }),
  warnings,
});
