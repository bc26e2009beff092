import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../src/cli/program.js";
import { type StudioServer, serveStudio } from "../../src/cli/studioServer.js";
import { cli } from "./cli.js";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

describe("the server of the studio's page", () => {
  const above = mkdtempSync(join(tmpdir(), "tomograd-studio-"));
  const folder = join(above, "page");
  let server: StudioServer;
  beforeAll(async () => {
    mkdirSync(join(folder, "assets"), { recursive: true });
    writeFileSync(join(folder, "index.html"), "<title>page</title>");
    writeFileSync(join(folder, "assets/a b.js"), "export {};");
    writeFileSync(join(above, "secret"), "secret");
    if (process.platform !== "win32") symlinkSync(join(above, "secret"), join(folder, "link"));
    server = await serveStudio(folder, 0);
  });
  afterAll(async () => {
    await server.close();
    rmSync(above, { recursive: true });
  });

  /** Asks for a path as it is written, which `fetch` would tidy up. */
  const ask = (path: string, options: { method?: string; host?: string } = {}): Promise<Answer> =>
    new Promise((take, refuse) => {
      const { port } = new URL(server.address);
      const headers = { host: options.host ?? `127.0.0.1:${port}` };
      request({ host: "127.0.0.1", port, path, method: options.method ?? "GET", headers }, (response) => {
        let body = "";
        response.on("data", (piece) => (body += piece));
        response.on("end", () => take({ status: response.statusCode ?? 0, headers: response.headers, body }));
      })
        .on("error", refuse)
        .end();
    });

  test("gives the page and its files with their types, isolated", async () => {
    const page = await ask("/");
    expect(page).toMatchObject({ status: 200, body: "<title>page</title>" });
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "x-content-type-options": "nosniff",
    });
    const script = await ask("/assets/a%20b.js?v=1");
    expect(script).toMatchObject({ status: 200, body: "export {};" });
    expect(script.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect(script.headers["cross-origin-embedder-policy"]).toBe("require-corp");
  });

  test.each([
    "/../secret",
    "/%2e%2e/secret",
    "/assets/../../secret",
    "/..%2fsecret",
    "/%2e%2e%5csecret",
    "//../secret",
    "/link",
    "/index.html%00.js",
    "/%",
    "/assets",
    "/missing.js",
  ])("finds nothing at %s", async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    expect(body).not.toContain("secret");
  });

  test("answers to its own name alone, and only gives", async () => {
    expect((await ask("/", { host: "evil.example" })).status).toBe(403);
    expect((await ask("/", { method: "POST" })).status).toBe(405);
    expect(await ask("/", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  test("a port that is taken is refused by its number", async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
    const { port } = other.address() as { port: number };
    await expect(serveStudio(folder, port)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      detail: { defect: "port-in-use" },
    });
    other.close();
  });
});

describe("tomograd studio", () => {
  test("refuses ports that do not exist", async () => {
    expect(await cli(["studio", "--port", "65536"])).toMatchObject({ code: 2 });
    expect(await cli(["studio", "--port", "-1"])).toMatchObject({ code: 2 });
  });

  test("in sources, where no page is built beside it, it says what is missing", async () => {
    const { code, stderr } = await cli(["studio"]);
    expect(code).toBe(2);
    expect(stderr).toContain("npm run build");
  });

  test("is listed by --help", async () => {
    let stdout = "";
    const streams = { stdout: { write: (text: string) => (stdout += text) }, stderr: { write: () => undefined } };
    expect(await runCli(["--help"], streams, new AbortController().signal)).toBe(0);
    expect(stdout).toMatch(/^ +studio\b/m);
  });
});
