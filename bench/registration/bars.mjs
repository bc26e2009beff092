/** What registration must reach, per number of views, range and condition; shares of runs, mm, seconds (two cores). */
const single = (bar) => ({ secondsEach: 0.5, ...bar });
const biplane = (bar) => ({ secondsEach: 0.8, ...bar });
const REAL_BIPLANE = biplane({ shareBelow1mm: 0.99, p95Tre: 0.6 });
const singleReal = (share) =>
  single({ inPlaneBelow1mm: share, shareBelow2mm: share, depthP95: 1.2, successesFlagged: 0.05 });

/**
 * The rows of the table, by many starts unless they say otherwise. Flags: at most this share of successes, at least this
 * share of failures.
 */
export const ROWS = [
  { views: 2, range: [45, 30], condition: "clean", bar: biplane({ shareBelow1mm: 1, p95Tre: 0.1 }) },
  { views: 2, range: [20, 40], condition: "real", bar: REAL_BIPLANE },
  { views: 2, range: [45, 30], condition: "real", bar: REAL_BIPLANE },
  { views: 2, range: [20, 40], condition: "real-short", bar: biplane({ shareBelow1mm: 0.98 }) },
  { views: 2, range: [45, 30], condition: "real-short", bar: biplane({ shareBelow1mm: 0.95 }) },
  { views: 1, range: [45, 30], condition: "clean", bar: single({ inPlaneBelow1mm: 0.98 }) },
  { views: 1, range: [20, 40], condition: "real", bar: singleReal(0.98) },
  { views: 1, range: [45, 30], condition: "real", bar: singleReal(0.97) },
  {
    ...{ views: 1, range: [20, 40], condition: "real-short" },
    bar: single({ inPlaneBelow1mm: 0.88, shareBelow2mm: 0.93, failuresFlagged: 0.9, successesFlagged: 0.25 }),
  },
  { views: 1, range: [20, 40], condition: "noise", bar: single() },
  { views: 1, range: [20, 40], condition: "gamma", bar: single() },
  { views: 1, range: [20, 40], condition: "occluder", bar: single() },
  { views: 1, range: [10, 20], condition: "real", recipe: "one-start", bar: { secondsEach: 0.25 } },
  { views: 2, range: [10, 20], condition: "real", recipe: "one-start", bar: { secondsEach: 0.4 } },
];

const AT_MOST = ["p95Tre", "depthP95", "successesFlagged", "secondsEach"];

/**
 * The fields of a bar that pooled figures miss. A share is met if the upper end of its 95 % interval over cases reaches it:
 * runs of one case end at one point, so the case is the unit (of flagged failures, the case that failed).
 */
export function missed(figures, bar, cases, upper) {
  return Object.entries(bar)
    .filter(([field, limit]) => {
      const found = figures[field];
      if (found === null) return false;
      if (AT_MOST.includes(field)) return found > limit;
      return upper(found, field === "failuresFlagged" ? figures.failedCases : cases) < limit;
    })
    .map(([field, limit]) => `${field} ${figures[field].toFixed(3)} (bar ${limit})`);
}
