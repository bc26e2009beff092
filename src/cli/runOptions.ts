/** Options of a run file: checked as those of the command line are, by parsing them again. */
import { Command, CommanderError, type Option } from "commander";
import { fault } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import type { RunRecord } from "../report/runRecord.js";
import { addCommonOptions } from "./commonOptions.js";
import type { Operation } from "./operation.js";
import * as parse from "./parse.js";

type Options = Readonly<Record<string, unknown>>;

/** What a command line would have to say for an option to have this value. */
function argumentsOf(options: readonly Option[], name: string, value: unknown): string[] {
  const positive = options.find((option) => option.attributeName() === name && !option.negate);
  if (!positive) return value === false ? [`--no-${name}`] : [];
  const flag = positive.long as string;
  if (!positive.required) return value === true ? [flag] : [];
  if (value === false && options.some((option) => option.attributeName() === name && option.negate))
    return [flag.replace(/^--/, "--no-")];
  const separator = positive.parseArg === parse.size || positive.parseArg === parse.size3 ? "x" : ",";
  const text = (one: unknown) => `${flag}=${Array.isArray(one) ? one.join(separator) : String(one)}`;
  return Array.isArray(value) && parse.isRepeated(positive.parseArg) ? value.map(text) : [text(value)];
}

/** The command line that asks for these options of an operation (common ones included), quoted for a POSIX shell. */
export function commandLine(operation: Operation, options: Options): string {
  const command = addCommonOptions(new Command(operation.name));
  operation.configure(command);
  const flags = Object.entries(options)
    .filter(([name, value]) => value !== undefined && !operation.positional.includes(name))
    .flatMap(([name, value]) => argumentsOf(command.options, name, value));
  const paths = operation.positional.flatMap((name) => pathsOf(options[name]) ?? []);
  return ["tomograd", operation.name, ...paths, ...flags].map(quoted).join(" ");
}

/** The paths of a positional argument, one or (the last argument) several; undefined if there are none. */
const pathsOf = (value: unknown): readonly string[] | undefined => {
  const paths: readonly unknown[] = Array.isArray(value) ? value : [value];
  return paths.length > 0 && paths.every((path) => typeof path === "string") ? (paths as string[]) : undefined;
};

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const refuse = (what: string, cause?: unknown) =>
  fault("UNSUPPORTED_FORMAT", `this is no run file of this version: ${what}`, { defect: "not-a-run-file" }, cause);

/**
 * The options that a run file holds, as its command would have parsed them.
 * @throws INVALID_ARGUMENT (defect `unknown-option`), UNSUPPORTED_FORMAT (defect `not-a-run-file`, naming the field)
 */
export function checkedOptions(operation: Operation, recorded: RunRecord["options"]): Record<string, unknown> {
  const command = addCommonOptions(new Command(operation.name));
  operation.configure(command);
  command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  const named = command.options.map((option) => option.attributeName());
  const { positional } = operation;
  refuseUnknownOptions(`the command ${operation.name} of this run file`, recorded, [...positional, ...named]);
  const argv: string[] = [];
  for (const [name, value] of Object.entries(recorded))
    if (!positional.includes(name)) argv.push(...argumentsOf(command.options, name, value));
  const { registeredArguments } = command;
  const paths = positional.flatMap((name, i) => {
    const found = pathsOf(recorded[name]);
    if (found && Array.isArray(recorded[name]) === registeredArguments[i].variadic) return found;
    const wanted = registeredArguments[i].variadic ? "a list of paths" : "a path";
    throw refuse(`options.${name} must be ${wanted}, not ${said(recorded[name])}`);
  });
  try {
    command.parse([...argv, "--", ...paths], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw refuse(`options: ${error.message.replace(/^error: /, "")}`, error);
  }
  const parsed: Options = command.opts();
  for (const [name, value] of Object.entries(recorded))
    if (!positional.includes(name) && said(parsed[name]) !== said(value))
      throw refuse(`options.${name} cannot be ${said(value)}`);
  return { ...Object.fromEntries(positional.map((name) => [name, recorded[name]])), ...parsed };
}

const said = (value: unknown): string => JSON.stringify(value) ?? "absent";
