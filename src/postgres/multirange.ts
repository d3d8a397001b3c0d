import type { OffsetRange } from '../pipeline/settled-offsets.ts'

/** As text of an int8multirange. */
export function toMultirange(ranges: readonly OffsetRange[]): string {
  return `{${ranges.map(({ from, to }) => `[${from},${to})`).join(',')}}`
}

/** From the text that PostgreSQL makes of an int8multirange: whole numbers always come as [from,to). */
export function fromMultirange(text: string): OffsetRange[] {
  return Array.from(text.matchAll(/\[(\d+),(\d+)\)/g), ([, from, to]) => ({
    from: Number(from),
    to: Number(to),
  }))
}
