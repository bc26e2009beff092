import type { Command } from "commander";
import type { Outcome, Session } from "./session.js";

/**
 * One command: how it is asked for, and what it does. `Options` is plain data (positional arguments included), so that a
 * run file can hold it and repeat it.
 */
export interface Operation<Options extends object = Record<string, unknown>> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Adds positional arguments, options and examples. */
  configure(command: Command): void;
  /** Names of the positional arguments, in order. */
  readonly positional: readonly (keyof Options & string)[];
  /** The files and folders that it reads. */
  inputs(options: Options): readonly string[];
  /** The files that it will write, as far as the options name them. */
  outputs(options: Options): readonly string[];
  /** The first line: what will be done and about how long it takes. */
  announce(options: Options): string;
  execute(options: Options, session: Session): Promise<Outcome>;
}

/** Erases the options' type where operations of all kinds are listed. */
export const anyOperation = <Options extends object>(operation: Operation<Options>): Operation =>
  operation as unknown as Operation;

/** The paths among options that may be absent. */
export const given = (...paths: readonly (string | false | undefined)[]): string[] =>
  paths.filter((path) => typeof path === "string");
