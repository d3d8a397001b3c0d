/** The middle of several runs, and how far they lie apart. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Throws a RangeError when there are no values: a figure that was not measured must not look like one. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = ascending(values)
  const middle = (sorted.length - 1) / 2
  const median = (at(sorted, Math.floor(middle)) + at(sorted, Math.ceil(middle))) / 2
  return { median, min: at(sorted, 0), max: at(sorted, sorted.length - 1) }
}

/**
 * The smallest value that at least `share` (0 to 1) of all values do not exceed (nearest rank), so always one
 * that was measured. Throws a RangeError when there are no values.
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = ascending(values)
  return at(sorted, Math.max(0, Math.ceil(share * sorted.length) - 1))
}

/** How many times `b` goes into `a`. */
export interface Ratio {
  /** Of the two medians. */
  readonly ofMedians: number
  /** Of what was measured side by side, round by round. */
  readonly pairs: readonly number[]
}

/** Both hold one value for each round, in the same order; throws a RangeError when they do not. */
export function ratioOf(a: readonly number[], b: readonly number[]): Ratio {
  if (a.length !== b.length) throw new RangeError(`${a.length} rounds do not pair with ${b.length}`)
  return {
    ofMedians: spreadOf(a).median / spreadOf(b).median,
    pairs: a.map((value, round) => value / at(b, round)),
  }
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b)
}

function at(values: readonly number[], index: number): number {
  const value = values[index]
  if (value === undefined) throw new RangeError('there are no values')
  return value
}
