import { ratioOf, spreadOf } from '../statistics.ts'
import type { Row, Verdict } from './section.ts'

export const SPREAD_HEADINGS: Row = ['', 'median', 'min', 'max', 'unit']

type Write = (value: number) => string

export function spreadRow(name: string, values: readonly number[], unit: string, write: Write): Row {
  const { median, min, max } = spreadOf(values)
  return [name, write(median), write(min), write(max), unit]
}

/** The ratio of the medians; the lowest and the highest of what was measured in the same round. */
export function ratioRow(name: string, a: readonly number[], b: readonly number[], digits: number): Row {
  const { ofMedians, pairs } = ratioOf(a, b)
  const [min, max] = [Math.min(...pairs), Math.max(...pairs)]
  return [name, ofMedians.toFixed(digits), min.toFixed(digits), max.toFixed(digits), 'times']
}

/** No row when nothing was measured, as the use of memory where the system does not tell it. */
export function rowIfMeasured(
  name: string,
  values: readonly (number | undefined)[],
  unit: string,
  write: Write,
): Row[] {
  const measured = present(values)
  return measured.length === 0 ? [] : [spreadRow(name, measured, unit, write)]
}

export function present(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined)
}

export function rateOf({ perSecond }: { readonly perSecond: number }): number {
  return perSecond
}

/** 12,345 */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

export function hundredths(value: number): string {
  return value.toFixed(2)
}

export function tenths(value: number): string {
  return value.toFixed(1)
}

/** Of 10^6 bytes. */
export function megabytes(bytes: number): string {
  return whole(bytes / 1e6)
}

export function verdictOf(isMet: boolean): Verdict {
  return isMet ? 'met' : 'missed'
}
