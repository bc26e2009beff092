import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { createWasmBackend } from "../../src/backend/wasm/index.js";
import { toHost } from "../../src/projector/arrays.js";
import { fistaTv, osSqs, pdhg } from "../../src/reconstruction/index.js";
import { blockScan, objective } from "./fewViewScene.js";
import { relativeError } from "./gates.js";

const LAMBDA = 1e-3;

describe("osSqs", () => {
  test("gate I1: without momentum and subsets the objective never rises in 200 iterations, in float64", async () => {
    await using backend = createReferenceBackend();
    const { A, projections } = await blockScan(backend);
    const options = { iterations: 200, subsets: 1, momentum: false, lambda: LAMBDA, delta: 2e-3, tolerance: 0 };
    const run = await osSqs(A, projections, options);
    const rises = run.history.slice(1).map(({ value }, i) => value / run.history[i].value - 1);
    const largest = Math.max(...rises);
    console.log(`I1 float64: largest relative change ${largest.toExponential(2)}, bar 0`);
    expect(largest).toBeLessThanOrEqual(0);
    run.volume.dispose();
    A.dispose();
  });

  test("gate I1: the same in float32, to 1e-6", async () => {
    await using backend = await createWasmBackend({ threads: 1 });
    const { A, projections } = await blockScan(backend);
    const options = { iterations: 200, subsets: 1, momentum: false, lambda: LAMBDA, delta: 2e-3, tolerance: 0 };
    const run = await osSqs(A, projections, options);
    const rises = run.history.slice(1).map(({ value }, i) => value / run.history[i].value - 1);
    const largest = Math.max(...rises);
    console.log(`I1 float32: largest relative change ${largest.toExponential(2)}, bar 1e-6`);
    // the objective is a sum of float32 squares, rounded to float32 (6e-8) after sums in float64
    expect(largest).toBeLessThanOrEqual(1e-6);
    run.volume.dispose();
    A.dispose();
  });
});

test("gates I3, I3b: fistaTv and osSqs reach the optimum that pdhg finds", { timeout: 60_000 }, async () => {
  await using backend = await createWasmBackend({ threads: 1 });
  const { A, projections } = await blockScan(backend);
  const solve = async (run: ReturnType<typeof pdhg>) => {
    const { volume } = await run;
    const x = await toHost(volume);
    volume.dispose();
    return x;
  };
  const common = { lambda: LAMBDA, tolerance: 0 };
  const reference = await solve(pdhg(A, projections, { ...common, iterations: 3000 }));
  const fista = await solve(fistaTv(A, projections, { ...common, iterations: 400, inner: 10 }));
  const sqs = await solve(osSqs(A, projections, { ...common, iterations: 2000, delta: 1e-4 }));
  const score = (x: typeof reference) => objective(A, projections, x, LAMBDA);
  const best = await score(reference);
  for (const [gate, x, excess, distance] of [
    ["I3 fistaTv", fista, 1e-4, 1e-3],
    ["I3b osSqs", sqs, 3e-4, 2e-3],
  ] as const) {
    const found = [(await score(x)) / best - 1, relativeError(x.values, reference.values)];
    console.log(
      `${gate}: objective ${found[0].toExponential(1)} (bar ${excess}), x ${found[1].toExponential(1)} (bar ${distance})`,
    );
    expect(Math.abs(found[0])).toBeLessThanOrEqual(excess);
    expect(found[1]).toBeLessThanOrEqual(distance);
  }
  A.dispose();
});
