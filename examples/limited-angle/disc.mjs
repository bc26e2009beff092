/** The solid disc: where it lies, how large it is, and how its acrylic hardens the beam. */
import { correctedIntegral, fitBeamHardening } from "tomograd/physics";

/** Rays that a pixel is averaged over. */
const SUBPIXELS = 4;
/** mm: rays that pass the rim no deeper than this see nothing but solid rim. */
const RIM = 16;
/** mm: the silhouette is looked for within this beyond the disc. */
const MARGIN = 1;
/** mm: chords long enough that a wrong center does not matter. */
const LONG = 25;

/** Length in mm of each pixel's ray inside a disc [x, y, radius], mean over the pixel; [view][column]. */
export function chords({ views, detector }, [x, y, radius]) {
  const out = new Float64Array(views.length * detector.columns);
  for (const [v, { source, firstPixel, columnStep }] of views.entries())
    for (let c = 0; c < detector.columns; c++) {
      let sum = 0;
      for (let s = 0; s < SUBPIXELS; s++) {
        const at = c + (s + 0.5) / SUBPIXELS - 0.5;
        const dx = firstPixel[0] + at * columnStep[0] - source[0];
        const dy = firstPixel[1] + at * columnStep[1] - source[1];
        const distance = ((x - source[0]) * dy - (y - source[1]) * dx) / Math.hypot(dx, dy);
        sum += 2 * Math.sqrt(Math.max(0, radius ** 2 - distance ** 2));
      }
      out[v * detector.columns + c] = sum / SUBPIXELS;
    }
  return out;
}

/** Line integrals less what the air around the disc reads (the scan's I0 is a little off). */
export function withoutAir(scan, disc) {
  const around = chords(scan, [disc[0], disc[1], disc[2] + 2]);
  const air = scan.values.filter((_, i) => around[i] === 0);
  const offset = air.reduce((sum, p) => sum + p, 0) / air.length;
  return scan.values.map((p) => p - offset);
}

/**
 * From the scan of the solid disc: its place and radius, and line integral <-> path as polynomials. The disc is
 * the one that the data fit best as a function of the path alone.
 */
export function calibrate(scan, nominalRadius) {
  const measured = withoutAir(scan, [0, 0, nominalRadius + 1]);
  const fit = (disc) => fitBeamHardening({ measured: chords(scan, disc), wanted: measured, degree: 3 });
  const disc = minimize((at) => fit(at).residual, [0, 0, nominalRadius], 0.5);
  const toIntegral = fit(disc);
  // the same curve the other way round, so that noise is not fitted twice
  const paths = Float64Array.from({ length: 1000 }, (_, k) => ((k + 1) * toIntegral.largest) / 1000);
  const toPath = fitBeamHardening({
    measured: paths.map((path) => correctedIntegral(toIntegral, path)),
    wanted: paths,
  });
  const calibration = { radius: disc[2], toIntegral, toPath, disc, level: 1 };
  return { ...calibration, level: solidLevel(scan, disc, calibration) };
}

/** The center of a disc with holes, from the rays through its solid rim. */
export function findDisc(scan, { radius, toIntegral }) {
  let center = [0, 0];
  for (let round = 0; round < 3; round++) {
    const measured = withoutAir(scan, [...center, radius + 1]);
    const around = chords(scan, [...center, radius + MARGIN]);
    const misfit = (at) => {
      const inside = chords(scan, [...at, radius]);
      let sum = 0;
      for (let i = 0; i < measured.length; i++)
        if (around[i] < RIM) sum += (correctedIntegral(toIntegral, inside[i]) - measured[i]) ** 2;
      return sum;
    };
    center = minimize(misfit, center, 0.3);
  }
  return [...center, radius];
}

/**
 * How much longer than the chord the longest paths read (their 99 % quantile): above 1 where this object attenuates more
 * than the disc that was calibrated with.
 */
export function solidLevel(scan, disc, { toPath }) {
  const paths = withoutAir(scan, disc).map((p) => correctedIntegral(toPath, p));
  const inside = chords(scan, disc);
  const ratios = Float64Array.from(paths.filter((_, i) => inside[i] > LONG));
  const lengths = inside.filter((chord) => chord > LONG);
  for (let i = 0; i < ratios.length; i++) ratios[i] /= lengths[i];
  ratios.sort();
  return ratios[Math.floor(0.99 * (ratios.length - 1))];
}

/** The smallest value of a function of a few numbers (Nelder and Mead, Computer Journal 7, 1965). */
function minimize(f, start, step, evaluations = 150) {
  const simplex = [start, ...start.map((_, i) => start.map((x, j) => (i === j ? x + step : x)))];
  let points = simplex.map((x) => ({ x, value: f(x) }));
  const along = (a, b, t) => a.map((x, i) => x + t * (b[i] - x));
  for (let used = points.length; used < evaluations; ) {
    points.sort((a, b) => a.value - b.value);
    const worst = points.at(-1);
    const rest = points.slice(0, -1);
    const middle = start.map((_, i) => rest.reduce((sum, { x }) => sum + x[i], 0) / rest.length);
    const attempt = (t) => {
      used++;
      const x = along(worst.x, middle, t);
      return { x, value: f(x) };
    };
    let better = attempt(2);
    if (better.value < points[0].value) {
      const further = attempt(3);
      if (further.value < better.value) better = further;
    } else if (better.value >= rest.at(-1).value) better = attempt(better.value < worst.value ? 1.5 : 0.5);
    if (better.value < worst.value) points = [...rest, better];
    else {
      points = points.map(({ x }, i) => (i === 0 ? points[0] : { x: along(x, points[0].x, 0.5), value: 0 }));
      for (const point of points.slice(1)) {
        point.value = f(point.x);
        used++;
      }
    }
  }
  points.sort((a, b) => a.value - b.value);
  return points[0].x;
}
