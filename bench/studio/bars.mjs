/** What the page must reach. */
const FIRST_LOAD_BYTES = 300e3;
const FIRST_PICTURE_MS = 3000;
const FOLLOW_MS = 50;
const TASK_MS = 50;
/** Bytes a block of use may add: the engine keeps counts and code of what ran, arrays are far larger. */
const GROWTH_BYTES = 256 * 1024;
const TOUR_STEP_S = 20;

/** The bars that figures miss, in words. */
export function missed({ load, drag = [], memory, tour = [] }) {
  const found = [];
  const check = (what, value, limit) => value > limit && found.push(`${what}: ${Math.round(value)} (bar ${limit})`);
  if (load) {
    check("first load, bytes gzipped", load.firstLoadGzipBytes, FIRST_LOAD_BYTES);
    check("first picture, ms", load.firstPictureMs, FIRST_PICTURE_MS);
  }
  for (const { volume, detector, followMs, longestTaskMs } of drag) {
    check(`${volume}³ on ${detector}², ms until a picture follows`, followMs.median, FOLLOW_MS);
    check(`${volume}³ on ${detector}², longest task of the page, ms`, longestTaskMs, TASK_MS);
  }
  for (const [field, bytes] of Object.entries(memory?.growthOfLastBlock ?? {}))
    check(`growth of memory, ${field}`, bytes, GROWTH_BYTES);
  for (const { step, seconds } of tour) check(`${step}, s`, seconds, TOUR_STEP_S);
  const reached = tour.filter(({ psnr }) => psnr !== undefined);
  for (const [i, { step, psnr }] of reached.slice(1).entries())
    check(`${reached[i].step}, dB, and then ${step}`, reached[i].psnr, psnr);
  return found;
}
