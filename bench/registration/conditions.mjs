/** What happens to the clean line integrals of an X-ray before it is registered, by name. */
import { simulateCounts } from "tomograd/physics";

const PHOTONS = 1e4;
/** Scatter: share of the blurred primary image, its percentile cap, and the blur in pixels. */
const SCATTER = { share: 0.5, cap: 0.7, sigma: 20 };
const OCCLUDER = { rows: 20, columns: 41, added: 3 };
/** Bone attenuates by this much more above water, as at a lower energy. */
const BONE = { water: 0.0192, steeper: 0.4 };

export const CONDITIONS = ["clean", "real", "real-short", "noise", "gamma", "occluder"];
export const isReal = (condition) => condition.startsWith("real");

/** Attenuation of a body whose bone is denser than the registered volume says. */
export const withSteeperBone = (volume) => ({
  ...volume,
  values: volume.values.map((mu) => mu + BONE.steeper * Math.max(0, mu - BONE.water)),
});

/** Line integrals [row][column] as measured under a condition. */
export function degraded(values, { rows, columns }, condition, uniform) {
  let p = Float64Array.from(values);
  const seed = Math.floor(uniform() * 2 ** 31);
  if (isReal(condition)) p = measured(withScatter(p, rows, columns), seed);
  if (condition === "noise")
    p = measured(
      p.map((value) => Math.exp(-value)),
      seed,
    );
  if (isReal(condition) || condition === "gamma") p = withGamma(p);
  if (isReal(condition) || condition === "occluder") p = withOccluder(p, rows, columns, uniform);
  return p;
}

/** -ln of Poisson counts, floored at one count. */
function measured(intensity, seed) {
  const counts = simulateCounts(
    intensity.map((value) => -Math.log(value)),
    { photonsPerPixel: PHOTONS, seed },
  );
  return counts.map((value) => -Math.log(Math.max(1, value) / PHOTONS));
}

function withScatter(p, rows, columns) {
  const intensity = p.map((value) => Math.exp(-value));
  const sorted = intensity.slice().sort();
  const cap = sorted[Math.floor(SCATTER.cap * (sorted.length - 1))];
  const blurred = gaussianBlur(
    intensity.map((value) => Math.min(value, cap)),
    rows,
    columns,
    SCATTER.sigma,
  );
  return intensity.map((value, i) => value + SCATTER.share * blurred[i]);
}

const withGamma = (p) => {
  const most = p.reduce((a, b) => Math.max(a, b), 0);
  return p.map((value) => 0.8 * most * (Math.max(0, value) / most) ** 0.8 + 0.3);
};

function withOccluder(p, rows, columns, uniform) {
  const top = Math.floor(uniform() * (rows - OCCLUDER.rows + 1));
  const left = Math.floor(uniform() * (columns - OCCLUDER.columns + 1));
  return p.map((value, i) => {
    const [r, c] = [Math.floor(i / columns) - top, (i % columns) - left];
    return r >= 0 && r < OCCLUDER.rows && c >= 0 && c < OCCLUDER.columns ? value + OCCLUDER.added : value;
  });
}

/** Separable, to 4 sigma, the border's pixels repeated. */
export function gaussianBlur(image, rows, columns, sigma) {
  const reach = Math.ceil(4 * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((a, b) => a + b, 0);
  const along = (from, count, step, lines, lineStep) => {
    const out = new Float64Array(from.length);
    for (let line = 0; line < lines; line++)
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let k = -reach; k <= reach; k++) {
          const at = Math.min(count - 1, Math.max(0, i + k));
          sum += weights[k + reach] * from[line * lineStep + at * step];
        }
        out[line * lineStep + i * step] = sum / total;
      }
    return out;
  };
  return along(along(image, columns, 1, rows, columns), rows, columns, columns, 1);
}
