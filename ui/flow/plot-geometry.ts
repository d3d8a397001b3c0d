export interface Frame {
  readonly width: number
  readonly height: number
  readonly spanMs: number
  readonly endMs: number
  readonly top: number
}

/** Undefined: not known. */
export interface Point {
  readonly atMs: number
  readonly value: number | undefined
}

/** The next of 1, 2, 5, 10, 20 … above a value: an axis that ends at a number one can read. */
export function niceTop(value: number): number {
  if (!(value > 1)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value) ?? 10 * power
}

export function highest(points: readonly Point[], sinceMs: number): number {
  return points.reduce((top, { atMs, value = 0 }) => (atMs < sinceMs ? top : Math.max(top, value)), 0)
}

/** Runs of neighbouring points; a hole in what is known, or more than three seconds of silence, parts them. */
export function runs(points: readonly Point[], frame: Frame): [number, number][][] {
  const found: [number, number][][] = []
  let run: [number, number][] | undefined
  let beforeMs = -Infinity
  for (const { atMs, value } of points) {
    if (value === undefined || atMs < frame.endMs - frame.spanMs) {
      run = undefined
      continue
    }
    if (run === undefined || atMs - beforeMs > 3_000) {
      run = []
      found.push(run)
    }
    run.push([xOf(atMs, frame), yOf(value, frame)])
    beforeMs = atMs
  }
  return found
}

/** A point alone is a dot, with round ends. */
export function linePath(run: readonly (readonly [number, number])[]): string {
  const [only] = run
  if (only !== undefined && run.length === 1) return `M${only[0].toFixed(1)} ${only[1].toFixed(1)}h0`
  return run.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')
}

export function areaPath(run: readonly (readonly [number, number])[], height: number): string {
  const first = run[0]
  const last = run.at(-1)
  if (first === undefined || last === undefined) return ''
  return `${linePath(run)}L${last[0].toFixed(1)} ${height}L${first[0].toFixed(1)} ${height}Z`
}

export function xOf(atMs: number, { width, spanMs, endMs }: Frame): number {
  return (width * (spanMs - (endMs - atMs))) / spanMs
}

export function yOf(value: number, { height, top }: Frame): number {
  return height * (1 - Math.min(1, value / top))
}
