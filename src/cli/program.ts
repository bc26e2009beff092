import { Command, CommanderError } from "commander";
import { isTomogradError } from "../core/errors.js";
import { addStudioCommand } from "./commands/studio.js";
import { addCommonOptions, type CommonOptions, ownOptions } from "./commonOptions.js";
import { OPERATIONS } from "./operations.js";
import { perform, type Streams } from "./perform.js";
import { repeatRun } from "./runFile.js";
import { VERSION } from "./version.js";
import { withFlags } from "./words.js";

/** Exit codes. 2 is also what a refused option or file gives. */
export const EXIT = { ok: 0, defect: 1, refused: 2, aborted: 130 } as const;

/** Runs the command line; resolves to the exit code and never throws. */
export async function runCli(argv: readonly string[], streams: Streams, signal: AbortSignal): Promise<number> {
  const json = argv.includes("--json");
  try {
    await createProgram(json, streams, signal).parseAsync(argv.length > 0 ? [...argv] : ["--help"], { from: "user" });
    return signal.aborted ? EXIT.aborted : EXIT.ok;
  } catch (error) {
    return reportError(error, json, streams);
  }
}

function createProgram(json: boolean, streams: Streams, signal: AbortSignal): Command {
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
    addCommonOptions(command).action(async (...args: unknown[]) => {
      const all = args[args.length - 2] as CommonOptions & Record<string, unknown>;
      const positional = Object.fromEntries(operation.positional.map((name, i) => [name, args[i]]));
      const options = { ...positional, ...ownOptions(all) };
      await perform({ operation, options, common: all, streams, signal });
    });
  }
  addCommonOptions(
    program
      .command("run")
      .description("repeat a run from the run file that every command writes")
      .argument("<file>", "run file (JSON); relative paths in it start at the current folder"),
  ).action(async (file: string, common: CommonOptions) => {
    const { operation, options, choice, outputs } = await repeatRun(file);
    await perform({
      operation,
      options,
      common: { ...(common.backend ? {} : choice), ...common },
      streams,
      signal,
      before: outputs,
    });
  });
  addStudioCommand(program, streams, signal);
  return program;
}

/** Says what went wrong, on stderr or as JSON on stdout; returns the exit code. */
function reportError(error: unknown, json: boolean, { stdout, stderr }: Streams): number {
  const print = (code: string, defect: string | undefined, message: string, series?: unknown) => {
    const told = { code, defect: defect ?? null, message, ...(series !== undefined && { series }) };
    if (json) stdout.write(`${JSON.stringify({ error: told })}\n`);
  };
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    print("INVALID_ARGUMENT", "bad-option", error.message.replace(/^error: /, ""));
    return EXIT.refused;
  }
  if (isTomogradError(error) && error.code !== "INVARIANT") {
    // Series to choose from come as a list too.
    const { defect, series } = error.detail;
    const message = withFlags(error.message);
    print(error.code, defect, message, series);
    if (!json) stderr.write(`error (${defect ?? error.code}): ${message}\n`);
    return error.code === "ABORTED" ? EXIT.aborted : EXIT.refused;
  }
  if (error instanceof RangeError && /allocation|array length/i.test(error.message)) {
    const message = `not enough memory (${error.message}): take fewer voxels, views or pixels`;
    print("OUT_OF_MEMORY", "too-large", message);
    if (!json) stderr.write(`error (too-large): ${message}\n`);
    return EXIT.refused;
  }
  print("INVARIANT", "defect", error instanceof Error ? error.message : String(error));
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.write(`this is a defect of tomograd, please report it:\n${text}\n`);
  return EXIT.defect;
}
