import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./sourceImports.js";

/** A name that an entry of the package promises. */
export interface PublicSymbol {
  /** "tomograd", "tomograd/io" ... */
  readonly entry: string;
  readonly name: string;
  readonly kind: "function" | "class" | "constant" | "type";
  /** It has a doc comment, or is a type whose fields all have one. */
  readonly documented: boolean;
}

/** The package's entries and their source files, from the `exports` of package.json. */
export function entries(): { entry: string; source: string }[] {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.entries<{ default?: string }>(exports).flatMap(([path, target]) =>
    target.default
      ? [{ entry: path.replace(".", "tomograd"), source: target.default.replace("./dist", "src").replace(/js$/, "ts") }]
      : [],
  );
}

/** Every public name, types included, by the compiler's own view of the sources. */
export function publicSymbols(): PublicSymbol[] {
  const present = entries().filter(({ source }) => existsSync(join(root, source)));
  const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    present.map(({ source }) => join(root, source)),
    options,
  );
  const checker = program.getTypeChecker();
  return present.flatMap(({ entry, source }) => {
    const file = program.getSourceFile(join(root, source));
    const module = file && checker.getSymbolAtLocation(file);
    if (!module) throw new Error(`${source} is no module`);
    return checker.getExportsOfModule(module).map((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      return { entry, name: exported.name, kind: kindOf(symbol), documented: isDocumented(symbol, checker) };
    });
  });
}

function kindOf({ flags }: ts.Symbol): PublicSymbol["kind"] {
  if (flags & ts.SymbolFlags.Class) return "class";
  if (flags & ts.SymbolFlags.Function) return "function";
  return flags & ts.SymbolFlags.Variable ? "constant" : "type";
}

function isDocumented(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  if (symbol.getDocumentationComment(checker).length > 0) return true;
  const members = [...(symbol.members?.values() ?? [])];
  return members.length > 0 && members.every((member) => member.getDocumentationComment(checker).length > 0);
}
