import { Command, CommanderError, Option } from "commander";
import { isTomogradError, type Warning } from "../core/errors.js";
import type { Operation } from "./operation.js";
import { OPERATIONS } from "./operations.js";
import * as parse from "./parse.js";
import { terminalProgress } from "./progress.js";
import { repeatRun, writeRunFile } from "./runFile.js";
import { type BackendChoice, lazyBackend, type Outcome, type Session } from "./session.js";
import { VERSION } from "./version.js";

/** Where the program writes; the process's own, or a test's. */
export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: NodeJS.WriteStream;
}

/** Exit codes. 2 is also what a refused option or file gives. */
export const EXIT = { ok: 0, defect: 1, refused: 2, aborted: 130 } as const;

interface CommonOptions extends BackendChoice {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly runFile?: string;
}

const COMMON = ["json", "quiet", "runFile", "backend", "threads"];

/** Runs the command line; resolves to the exit code and never throws. */
export async function runCli(argv: readonly string[], streams: Streams, signal: AbortSignal): Promise<number> {
  const json = argv.includes("--json");
  let code: number = EXIT.ok;
  const program = new Command("tomograd")
    .description("X-rays from a CT, volumes from X-rays: differentiable X-ray imaging on any machine with Node.")
    .version(VERSION, "-v, --version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => (json ? undefined : streams.stderr.write(text)),
    })
    .showSuggestionAfterError()
    .showHelpAfterError("(--help shows what is possible)")
    .addHelpText(
      "after",
      "\nA first picture:\n  $ tomograd demo\n  $ tomograd render scan.nii.gz --out drr.png\nExit codes: 0 done, 1 a defect of tomograd, 2 refused input, 130 interrupted.",
    );
  for (const operation of OPERATIONS) {
    const command = program.command(operation.name).description(operation.summary);
    operation.configure(command);
    addCommon(command);
    command.action(async (...args: unknown[]) => {
      const all = args[args.length - 2] as CommonOptions & Record<string, unknown>;
      const options: Record<string, unknown> = {};
      for (const [i, name] of operation.positional.entries()) options[name] = args[i];
      for (const [name, value] of Object.entries(all)) if (!COMMON.includes(name)) options[name] = value;
      await perform(operation, options, all);
    });
  }
  addCommon(
    program
      .command("run")
      .description("repeat a run from the run file that every command writes")
      .argument("<file>", "run file (JSON)"),
  ).action(async (file: string, common: CommonOptions) => {
    const { operation, options, choice } = await repeatRun(file);
    await perform(operation, options, { ...choice, ...common });
  });

  async function perform(operation: Operation, options: Record<string, unknown>, common: CommonOptions) {
    const backend = lazyBackend(common);
    const warnings: Warning[] = [];
    const startedAt = new Date();
    const progress = terminalProgress(common.quiet ? silent : streams.stderr);
    const say = (line: string) => {
      if (common.quiet) return;
      progress.done();
      streams.stderr.write(`${line}\n`);
    };
    const session: Session = {
      say,
      warn: (warning) => {
        warnings.push(warning);
        say(`warning (${warning.defect}): ${warning.message}`);
      },
      progress,
      signal,
      backend: () => backend.get(),
    };
    say(`${operation.name}: ${operation.announce(options)}`);
    const started = performance.now();
    try {
      const outcome = await operation.execute(options, session);
      progress.done();
      const seconds = (performance.now() - started) / 1000;
      const runFile = await writeRunFile({
        operation,
        options,
        outcome,
        warnings,
        startedAt,
        seconds,
        backend: await backend.used(),
        choice: common,
        path: common.runFile,
      });
      print(outcome, common, runFile);
      if (signal.aborted) code = EXIT.aborted;
    } finally {
      progress.done();
      await backend.close();
    }
  }

  function print(outcome: Outcome, common: CommonOptions, runFile: string | undefined) {
    if (common.json) {
      streams.stdout.write(`${JSON.stringify(outcome.results, null, 2)}\n`);
      return;
    }
    for (const line of outcome.summary) streams.stdout.write(`${line}\n`);
    for (const path of outcome.outputs) streams.stdout.write(`wrote ${path}\n`);
    if (runFile) streams.stdout.write(`wrote ${runFile} (tomograd run repeats it)\n`);
  }

  try {
    if (argv.length === 0) {
      program.outputHelp();
      return EXIT.refused;
    }
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    code = report(error);
  }
  return code;

  function report(error: unknown): number {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      if (json) printError("INVALID_ARGUMENT", "bad-option", error.message.replace(/^error: /, ""));
      return EXIT.refused;
    }
    if (isTomogradError(error) && error.code !== "INVARIANT") {
      const defect = error.detail.defect;
      if (json) printError(error.code, defect, error.message);
      else streams.stderr.write(`error (${defect ?? error.code}): ${error.message}\n`);
      return error.code === "ABORTED" ? EXIT.aborted : EXIT.refused;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (json) printError("INVARIANT", "defect", error instanceof Error ? error.message : String(error));
    streams.stderr.write(`this is a defect of tomograd, please report it:\n${text}\n`);
    return EXIT.defect;
  }

  function printError(errorCode: string, defect: string | undefined, message: string) {
    streams.stdout.write(`${JSON.stringify({ error: { code: errorCode, defect: defect ?? null, message } })}\n`);
  }
}

const silent = { isTTY: false, write: () => true } as unknown as NodeJS.WriteStream;

function addCommon(command: Command): Command {
  return command
    .addOption(new Option("--json", "print the results as JSON on stdout"))
    .addOption(new Option("--quiet", "nothing on stderr but errors"))
    .addOption(new Option("--run-file <path>", "where the run file goes (default: beside the main output)"))
    .addOption(
      new Option("--backend <name>", "auto, wasm or reference (float64, slow)").argParser(
        parse.oneOf("auto", "wasm", "reference"),
      ),
    )
    .addOption(
      new Option("--threads <n>", "threads of the wasm backend (default: all cores)").argParser(parse.positiveInteger),
    )
    .allowExcessArguments(false);
}
