import type { Command } from "commander";
import * as parse from "./parse.js";
import type { BackendChoice } from "./session.js";

/** Options that every command has. */
export interface CommonOptions extends BackendChoice {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly runFile?: string;
}

/** Their names, to tell them from those of the command. */
export const COMMON_NAMES: readonly string[] = ["json", "quiet", "runFile", "backend", "threads"];

export function addCommonOptions(command: Command): Command {
  return command
    .option("--json", "print the results as JSON on stdout")
    .option("--quiet", "nothing on stderr but errors")
    .option("--run-file <path>", "where the run file goes (default: beside the main output; without output: nowhere)")
    .option(
      "--backend <name>",
      "auto (a GPU, else wasm), webgpu, wasm or reference (float64, slow)",
      parse.oneOf("auto", "webgpu", "wasm", "reference"),
    )
    .option(
      "--threads <n>",
      "threads of the wasm backend, which is then taken (default: all cores)",
      parse.positiveInteger,
    )
    .allowExcessArguments(false);
}

/** The command's own options out of all that were given. */
export const ownOptions = (all: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !COMMON_NAMES.includes(name)));
