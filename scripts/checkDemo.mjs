/**
 * Checks the figures that `npm run demo` has written: `node scripts/checkDemo.mjs [out/demo.json]`. One view must behave
 * as with DiffDRR (within 1 dB), many views must reconstruct. Exit code 1 names every figure that does not.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { attempt, root, say } from "./node.mjs";

const about = (dB) => [dB - 1, dB + 1];
const atLeast = (dB) => [dB, Number.POSITIVE_INFINITY];

/** Lowest and highest value, dB. One view: DiffDRR 0.4.9 with the same rays and voxels. */
const BARS = {
  oneView: {
    psnrTrained: about(55.5),
    psnrCloser: about(16.2),
    psnrRotated: about(12.8),
    psnr90: about(7.7),
  },
  manyViews: { psnrNovel: atLeast(41), psnrVolume: atLeast(35) },
};

function checkDemo(path) {
  const found = JSON.parse(readFileSync(path, "utf8"));
  const missed = Object.entries(BARS).flatMap(([story, bars]) =>
    Object.entries(bars).flatMap(([name, [low, high]]) => {
      const value = found[story]?.[name];
      if (value >= low && value <= high) return [];
      return [`${story}.${name} is ${value} dB, wanted ${high < 1000 ? `${low} to ${high}` : `at least ${low}`} dB`];
    }),
  );
  const [first, last] = found.oneView?.loss ?? [];
  if (!(last < 1e-4 * first)) missed.push(`oneView.loss fell from ${first} to ${last}, wanted to a ten-thousandth`);
  if (missed.length > 0) throw new Error(`${path}:\n  ${missed.join("\n  ")}`);
  say(`checkDemo: every figure of ${path} is within its bars`);
}

attempt(() => checkDemo(process.argv[2] ?? join(root, "out/demo.json")));
