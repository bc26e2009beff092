import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** One import, re-export or `import()` of a file under src/. */
export interface SourceImport {
  /** The importing file, relative to src/, with /. */
  readonly from: string;
  /** As written: "../core/errors.js", "node:fs", "fflate". */
  readonly specifier: string;
  /** The imported file relative to src/ where it is one of ours, else undefined. */
  readonly target?: string;
  /** Erased by the compiler. */
  readonly typeOnly: boolean;
}

/** Every TypeScript file under src/ (AssemblyScript and generated files aside), relative to it. */
export const sourceFiles = (): string[] =>
  readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".generated.ts") && !path.includes("/assembly/"))
    .sort();

/** The imports of one file; `text` is its content. */
export function importsOf(from: string, text: string): SourceImport[] {
  const found: SourceImport[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean) => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    found.push({ from, specifier: specifier.text, target: targetOf(from, specifier.text), typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnlyImport(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(from, text, ts.ScriptTarget.Latest));
  return found;
}

/** Every import under src/. */
export const allImports = (): SourceImport[] =>
  sourceFiles().flatMap((file) => importsOf(file, readFileSync(join(root, "src", file), "utf8")));

function isTypeOnlyImport(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = clause.namedBindings;
  return !clause.name && !!named && ts.isNamedImports(named) && named.elements.every((element) => element.isTypeOnly);
}

function targetOf(from: string, specifier: string): string | undefined {
  if (specifier === "#platform") return "platform/node.ts";
  if (!specifier.startsWith(".")) return undefined;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
}
