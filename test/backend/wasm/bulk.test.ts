import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../../src/backend/wasm/assembly/", import.meta.url));

test("no kernel uses memory.fill or memory.copy, which trap now and then in memory that another thread has just let grow", () => {
  const sources = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  expect(sources.length).toBeGreaterThan(10);
  for (const name of sources) expect(readFileSync(folder + name, "utf8"), name).not.toMatch(/memory\.(fill|copy)\(/);
});
