/** The roles, by the suffix of their consumer groups. */
export type Role = 'orders' | 'retries' | 'dead-letters'

/** A call to the outside that something may die at: before it is made, or after its answer came. */
export interface FaultPoint {
  readonly at: `${'before' | 'after'} ${string}`
  /** Whether partitions reach it one after the other, so that dying at a later one means more. */
  readonly repeats: boolean
}

/** When CRASH_AFTER can be more than 1. */
const often = (at: FaultPoint['at']): FaultPoint => ({ at, repeats: true })
const once = (at: FaultPoint['at']): FaultPoint => ({ at, repeats: false })

/**
 * Every await that matters between reading a record and forgetting it. To die before a call is the same as
 * after the one before it, so it is listed only where something else comes in between.
 */
export const FAULT_POINTS: readonly FaultPoint[] = [
  often('before orders: make the row'),
  often('after orders: make the row'),
  often('after orders: open the row'),
  often('after orders: lock the row'),
  often('after orders: look what is stored'),
  often('after orders: copy orders'),
  often('after orders: copy delivery'),
  often('after orders: copy payment'),
  often('after orders: copy items'),
  often('after orders: produce dead letters'),
  often('after orders: move the row'),
  often('after orders: commit'),
  once('after orders: copy the offset'),
  once('before orders: move the row past no record'),
  once('after orders: move the row past no record'),
  often('after dead-letters: open the row'),
  often('after dead-letters: lock the row'),
  often('after dead-letters: archive'),
  often('after dead-letters: move the row'),
  often('after dead-letters: commit'),
  once('after dead-letters: copy the offset'),
  // While some orders fail in passing.
  often('after orders: show what waits'),
  often('after orders: produce retries'),
  often('after retries: open the row'),
  often('after retries: lock the row'),
  often('after retries: send back'),
  often('after retries: move the row'),
  often('after retries: commit'),
  once('after retries: copy the offset'),
]

/** Whether the point is reached only when records are sent to retry. */
export function needsRetries({ at }: FaultPoint): boolean {
  return /retries|waits/.test(at)
}

/** Statements by what is said in them; the first that fits. */
const STATEMENTS: readonly (readonly [pattern: RegExp, call: string])[] = [
  [/^\s*insert into ledger/, 'make the row'],
  [/^\s*update ledger set seen_end/, 'open the row'],
  [/^\s*select next_offset(, version, written_by)? from ledger.* for update/, 'lock the row'],
  [/^\s*select order_uid, content_hash from orders/, 'look what is stored'],
  [/^\s*copy (orders|delivery|payment|items)\b/, 'copy $1'],
  [/^\s*insert into dlq/, 'archive'],
  [/^\s*insert into retrying/, 'show what waits'],
  [/^\s*update ledger set\s+next_offset/, 'move the row'],
  [/^\s*commit$/, 'commit'],
]

/** What a statement is for; undefined when it is none of those that matter. */
export function callOf(text: string): string | undefined {
  for (const [pattern, call] of STATEMENTS) {
    const match = pattern.exec(text)
    if (match !== null) return call.replace('$1', match[1] ?? '')
  }
  return undefined
}
