/**
 * The value that would stand at `rank` (0: smallest) if `values`, all finite, were sorted. Reorders them; a second call on
 * the same array is faster. Hoare's selection, O(n) on average: a tenth of sorting a million pixels.
 */
export function orderStatistic(values: Float64Array, rank: number): number {
  let first = 0;
  let last = values.length - 1;
  while (first < last) {
    const pivot = values[(first + last) >> 1];
    let low = first;
    let high = last;
    while (low <= high) {
      while (values[low] < pivot) low++;
      while (values[high] > pivot) high--;
      if (low > high) break;
      const swapped = values[low];
      values[low++] = values[high];
      values[high--] = swapped;
    }
    if (rank <= high) last = high;
    else if (rank >= low) first = low;
    else return values[rank];
  }
  return values[rank];
}
