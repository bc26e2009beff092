/** The codes and defects that the source can throw or warn with, found in its syntax trees. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** Where each word stands: `io/npy.ts:120`. */
export type Places = Map<string, string[]>;

/**
 * Every string that ends up in a field `defect`, and every first argument of `fault`. A string counts if it is the value
 * of a property `defect`, of a variable or parameter of that name, or the argument of a function for such a parameter;
 * conditional values count with both branches. `pairs` are "defect CODE" of calls of `fault` that say both, `hintless` those
 * of them that say no hint; `nameless` are the codes of calls that say no defect and pass on no other error's detail.
 */
export function thrownWords(
  folder: string,
): Readonly<Record<"codes" | "defects" | "pairs" | "hintless" | "nameless", Places>> {
  const [codes, defects, pairs, hintless, nameless] = Array.from({ length: 5 }, (): Places => new Map());
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  for (const name of names.map((one) => one.replaceAll("\\", "/")).sort()) {
    const file = ts.createSourceFile(name, readFileSync(join(folder, name), "utf8"), ts.ScriptTarget.Latest, true);
    const note = (places: Places, value: ts.Expression | undefined) => {
      if (!value) return;
      if (ts.isConditionalExpression(value)) {
        note(places, value.whenTrue);
        note(places, value.whenFalse);
      }
      if (!ts.isStringLiteralLike(value)) return;
      const line = file.getLineAndCharacterOfPosition(value.getStart()).line + 1;
      places.set(value.text, [...(places.get(value.text) ?? []), `${name}:${line}`]);
    };
    /** Functions of this file by name, with the place of their parameter `defect`. */
    const takers = new Map<string, number>();
    visit(file, (node) => {
      if (!ts.isFunctionLike(node)) return;
      const at = node.parameters.findIndex((parameter) => parameter.name.getText() === "defect");
      if (at < 0) return;
      const owner = ts.isFunctionDeclaration(node) ? node : node.parent;
      const called = "name" in owner ? (owner.name as ts.Node | undefined)?.getText() : undefined;
      if (called) takers.set(called, at);
    });
    visit(file, (node) => {
      const holds =
        (ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node) || ts.isParameter(node)) &&
        node.name.getText() === "defect";
      if (holds) note(defects, node.initializer);
      if (!ts.isCallExpression(node)) return;
      const called = node.expression.getText();
      if (called === "fault") {
        const [code, , detail] = node.arguments;
        note(codes, code);
        if (!/\bdefect\b|\.\.\.\w+\.detail/.test(detail?.getText() ?? "")) note(nameless, code);
        const defect = detail && /\bdefect: "([^"]+)"/.exec(detail.getText())?.[1];
        if (defect && ts.isStringLiteralLike(code)) {
          const pair = `${defect} ${code.text}`;
          pairs.set(pair, [...(pairs.get(pair) ?? []), name]);
          if (!/\bhint\b/.test(detail.getText())) hintless.set(pair, [...(hintless.get(pair) ?? []), name]);
        }
      }
      const at = takers.get(called);
      if (at !== undefined) note(defects, node.arguments[at]);
    });
  }
  return { codes, defects, pairs, hintless, nameless };
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}
