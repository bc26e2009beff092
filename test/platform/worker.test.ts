import { describe, expect, test } from "vitest";
import { hardwareThreads, sharedMemoryAvailable, spawnWorker } from "#platform";

const echo = `self.onmessage = ({ data }) => {
  if (data === "fail") throw new Error("told to fail");
  if (data.shared) { Atomics.store(data.shared, 0, 7); self.postMessage("stored"); }
  else self.postMessage(data.map((x) => 2 * x));
};`;

describe("a worker started from text", () => {
  test("answers with the globals of a browser's worker", async () => {
    const worker = spawnWorker(echo, "echo");
    const answer = new Promise((resolve) => worker.onMessage(resolve));
    worker.postMessage([1, 2, 3]);
    expect(await answer).toEqual([2, 4, 6]);
    await worker.terminate();
  });

  test("shares memory with its owner", async () => {
    expect(sharedMemoryAvailable()).toBe(true);
    const worker = spawnWorker(echo, "shared");
    const answer = new Promise((resolve) => worker.onMessage(resolve));
    const shared = new Int32Array(new SharedArrayBuffer(4));
    worker.postMessage({ shared });
    expect(await answer).toBe("stored");
    expect(shared[0]).toBe(7);
    await worker.terminate();
  });

  test("reports what its code throws", async () => {
    const worker = spawnWorker(echo, "failing");
    const failure = new Promise<Error>((resolve) => worker.onError(resolve));
    worker.postMessage("fail");
    expect((await failure).message).toContain("told to fail");
    await worker.terminate();
  });

  test("there is at least one thread", () => expect(hardwareThreads()).toBeGreaterThanOrEqual(1));
});
