import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesOfUrl, fileSource, kindOfPath, listFolder, writeFileAtomically } from "#platform";
import * as browser from "../../src/platform/browser.js";
import * as node from "../../src/platform/node.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-platform-"));
});
afterAll(() => rm(folder, { recursive: true }));

const text = (words: string) => new TextEncoder().encode(words);

describe("files", () => {
  test("Node and browsers offer the same names", () => {
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
  });

  test("a source reads any stretch and stops at the end", async () => {
    const path = join(folder, "ten.bin");
    await writeFile(
      path,
      Uint8Array.from({ length: 10 }, (_, i) => i),
    );
    const source = await fileSource(path);
    expect([source.size, source.name]).toEqual([10, "ten.bin"]);
    expect([...(await source.read(3, 4))]).toEqual([3, 4, 5, 6]);
    expect([...(await source.read(8, 4))]).toEqual([8, 9]);
    expect((await source.read(12, 4)).length).toBe(0);
    expect([...(await bytesOfUrl(pathToFileURL(path)))].length).toBe(10);
  });

  test("what is not there is NOT_FOUND", async () => {
    const path = join(folder, "absent");
    const readings: (() => Promise<unknown>)[] = [
      () => fileSource(path),
      () => listFolder(path),
      () => bytesOfUrl(pathToFileURL(path)),
      () => fileSource(folder),
    ];
    for (const reading of readings)
      await expect(reading()).rejects.toMatchObject({ code: "NOT_FOUND", detail: { defect: "missing-file" } });
    expect([await kindOfPath(path), await kindOfPath(folder)]).toEqual([undefined, "folder"]);
  });

  test("writing replaces a file whole", async () => {
    const path = join(folder, "whole.txt");
    await writeFileAtomically(path, text("one"));
    await writeFileAtomically(path, [text("two "), text("three")]);
    expect(await readFile(path, "utf8")).toBe("two three");
    expect((await listFolder(folder)).map(({ name }) => name)).not.toContainEqual(expect.stringContaining(".part"));
  });

  test("a write that fails leaves the older file and nothing else", async () => {
    const path = join(folder, "kept.txt");
    await writeFileAtomically(path, text("old"));
    const before = await readdir(folder);
    const failing = (function* () {
      yield text("half");
      throw new Error("the source broke");
    })();
    await expect(writeFileAtomically(path, failing)).rejects.toThrow("the source broke");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(before);
    const nowhere = join(folder, "absent", "file.txt");
    await expect(writeFileAtomically(nowhere, text("x"))).rejects.toMatchObject({ code: "WRITE_FAILED" });
  });

  test("a browser refuses paths and says what to give instead", async () => {
    await expect(browser.fileSource("a.nii")).rejects.toMatchObject({ detail: { defect: "no-file-system" } });
    await expect(browser.writeFileAtomically("a.nii", text("x"))).rejects.toMatchObject({ code: "WRITE_FAILED" });
  });
});
