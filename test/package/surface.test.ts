import { expect, test } from "vitest";
import { entries, publicSymbols } from "./publicSymbols.js";

const symbols = publicSymbols();

/**
 * A change of these names is a change for users: it belongs into CHANGELOG.md. After an intended one run
 * `npx vitest run test/package/surface.test.ts -u` and look at the difference.
 */
test("the public names of every entry are those of surface.txt", async () => {
  const lines = entries().flatMap(({ entry }) => [
    entry,
    ...symbols
      .filter((symbol) => symbol.entry === entry)
      .map(({ name, kind }) => `  ${name} (${kind})`)
      .sort(),
  ]);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("surface.txt");
});

test("every public name has a doc comment, or is a type whose fields all have one", () => {
  const silent = symbols.filter(({ documented }) => !documented).map(({ entry, name }) => `${entry}: ${name}`);
  expect(silent).toEqual([]);
});

test("there are no default exports", () => {
  expect(symbols.filter(({ name }) => name === "default")).toEqual([]);
});
