import { canonicalInstant } from '../order/instant.ts'

/** Rows behind `after`, the key of a row as texts; at most `limit`. */
export interface PageRequest {
  readonly limit: number
  readonly after: readonly string[] | undefined
}

export interface Page<T> {
  readonly items: readonly T[]
  /** The key of the last row; undefined when no row follows. */
  readonly end: readonly string[] | undefined
}

/** SQL for an instant as `instantOf` takes it, whatever the settings of the database. */
export function instantText(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
}

/** In canonical form. */
export function instantOf(text: string): string {
  return canonicalInstant(text) ?? text
}

/** Of rows that were asked for one above the limit: that one tells whether another page follows. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => T,
  keyOf: (row: T) => readonly string[],
): Page<T> {
  const items = rows.slice(0, limit).map(itemOf)
  const last = items.at(-1)
  return { items, end: rows.length > limit && last !== undefined ? keyOf(last) : undefined }
}
