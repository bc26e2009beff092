/** From a volume to two classes, and how well they agree with the truth. */

/** Otsu's threshold (IEEE Trans. Syst. Man Cybern. 9, 1979): the classes' variance between each other is largest. */
export function otsu(values, bins = 256) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const histogram = new Float64Array(bins);
  for (const value of values) histogram[Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))]++;
  const total = histogram.reduce((sum, n, k) => sum + n * k, 0);
  let [best, threshold, count, below] = [-1, 0, 0, 0];
  for (let k = 0; k < bins - 1; k++) {
    count += histogram[k];
    below += k * histogram[k];
    const between = ((total * count) / values.length - below) ** 2 / (count * (values.length - count));
    if (between > best) [best, threshold] = [between, k + 1];
  }
  return low + ((high - low) * threshold) / bins;
}

/** Matthews' correlation coefficient of two segmentations (0 and other), over all pixels. */
export function matthewsCorrelation(found, truth) {
  let [tp, tn, fp, fn] = [0, 0, 0, 0];
  for (let i = 0; i < truth.length; i++)
    if (truth[i]) found[i] ? tp++ : fn++;
    else found[i] ? fp++ : tn++;
  const product = Math.sqrt((tp + fp) * (tp + fn)) * Math.sqrt((tn + fp) * (tn + fn));
  return product === 0 ? 0 : (tp * tn - fp * fn) / product;
}
