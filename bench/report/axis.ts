/** Where values lie on an axis: 0 at its beginning, 1 at its end. */
export interface Axis {
  readonly ticks: readonly number[]
  readonly at: (value: number) => number
}

const MOST_TICKS = 6
const STEPS = [1, 2, 2.5, 5, 10]

/** From 0 to a round number that no value exceeds. Throws a RangeError when there is nothing above 0. */
export function linearAxis(values: readonly number[]): Axis {
  const max = Math.max(...values)
  if (!(max > 0 && Number.isFinite(max))) throw new RangeError('no value is above 0')
  const magnitude = 10 ** Math.floor(Math.log10(max / MOST_TICKS))
  const step = (STEPS.find((factor) => factor * magnitude * MOST_TICKS >= max) ?? 10) * magnitude
  const steps = Math.ceil(max / step)
  return {
    ticks: Array.from({ length: steps + 1 }, (_, index) => index * step),
    at: (value) => value / (steps * step),
  }
}

/** From one power of ten to another, with no value outside. Throws a RangeError when one is not above 0. */
export function logarithmicAxis(values: readonly number[]): Axis {
  if (!values.every((value) => value > 0)) throw new RangeError('a value is not above 0')
  const from = Math.floor(Math.log10(Math.min(...values)))
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))))
  return {
    ticks: Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index)),
    at: (value) => (Math.log10(value) - from) / (to - from),
  }
}
