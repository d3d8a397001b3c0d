import type { Counts, DispositionColumn, LedgerColumn } from '../pipeline/ledger.ts'
import type { LogRange } from '../pipeline/log.ts'
import type { OffsetRange } from '../pipeline/settled-offsets.ts'

/** What the books of a partition say before they are moved. */
export interface MovableRow {
  readonly origin: number
  readonly nextOffset: number
  readonly counts: Readonly<Record<LedgerColumn, number>>
  /** Offsets above `nextOffset` that are settled already. */
  readonly ahead: Readonly<Record<'forwarded' | 'dead_lettered', readonly OffsetRange[]>>
}

/** What an operator wants of one partition's books. */
export type Move =
  /** Never read what lies below `to`. */
  | { readonly kind: 'skip'; readonly to: number }
  /** Read again from `to`; of what was counted there, `takeBack` is gone and will be counted anew. */
  | { readonly kind: 'rewind'; readonly to: number; readonly takeBack: TakenBack }
  /** Rows were deleted on purpose: their records were not lost, and shall not come back. */
  | { readonly kind: 'deleted'; readonly column: 'stored' | 'archived'; readonly rows: number }

/** What records can be counted as. */
export const DISPOSITION_COLUMNS: readonly DispositionColumn[] = [
  'stored',
  'duplicates',
  'retried',
  'dead_lettered',
  'forwarded',
  'archived',
  'reopened',
]
export type TakenBack = Readonly<Partial<Record<DispositionColumn, number>>>

/** Where the books go, and by how much each column changes; the sum of the books holds with it. */
export interface Change {
  readonly nextOffset: number
  readonly changes: Counts
}

export type Planned =
  | { readonly ok: true; readonly change: Change }
  | { readonly ok: false; readonly why: string }

/** Decides on the row as it is, which is why it is asked again once the row is locked. Pure. */
export function planMove(move: Move, row: MovableRow, log: Pick<LogRange, 'start' | 'end'>): Planned {
  let planned: Planned
  switch (move.kind) {
    case 'skip':
      planned = planSkip(move.to, row, log)
      break
    case 'rewind':
      planned = planRewind(move.to, move.takeBack, row, log)
      break
    case 'deleted':
      planned = planDeleted(move, row)
      break
  }
  return planned
}

function planSkip(to: number, { nextOffset, ahead }: MovableRow, log: Pick<LogRange, 'end'>): Planned {
  if (to <= nextOffset) return refused(`the ledger is past ${to} already: it stands at ${nextOffset}`)
  // Records that come later would take these offsets, and nobody would read them.
  if (to > log.end) return refused(`the log ends at ${log.end}; what is not there yet can't be passed over`)
  const changes: Counts = { skipped: to - nextOffset }
  for (const column of ['forwarded', 'dead_lettered'] as const) {
    const settled = countBelow(to, ahead[column])
    if (settled > 0) Object.assign(changes, { [column]: settled, skipped: (changes.skipped ?? 0) - settled })
  }
  return { ok: true, change: { nextOffset: to, changes } }
}

function countBelow(end: number, ranges: readonly OffsetRange[]): number {
  return ranges.reduce((count, { from, to }) => count + Math.max(0, Math.min(to, end) - from), 0)
}

function planRewind(
  to: number,
  takeBack: TakenBack,
  { origin, nextOffset, counts }: MovableRow,
  log: Pick<LogRange, 'start' | 'end'>,
): Planned {
  if (to >= nextOffset) return refused(`the ledger has not read ${to} yet: it stands at ${nextOffset}`)
  if (to < origin) return refused(`these books begin at ${origin}`)
  if (to < log.start)
    return refused(`the log begins at ${log.start}; what lies below is gone and would count as expired`)
  if (to > log.end) return refused(`the log ends at ${log.end}`)
  const taken = entriesOf(takeBack)
  const short = taken.find(([column, count]) => counts[column] < count)
  if (short !== undefined) return refused(`only ${counts[short[0]]} are counted as ${short[0]}`)
  const sum = taken.reduce((total, [, count]) => total + count, 0)
  const rewound = nextOffset - to - sum
  if (rewound < 0) return refused(`${sum} can't be taken back of ${nextOffset - to} offsets`)
  const changes: Counts = { rewound }
  for (const [column, count] of taken) if (count > 0) changes[column] = -count
  return { ok: true, change: { nextOffset: to, changes } }
}

function planDeleted(
  { column, rows }: { readonly column: 'stored' | 'archived'; readonly rows: number },
  { nextOffset, counts }: MovableRow,
): Planned {
  if (counts[column] < rows) return refused(`only ${counts[column]} are counted as ${column}`)
  return { ok: true, change: { nextOffset, changes: { [column]: -rows, skipped: rows } } }
}

function refused(why: string): Planned {
  return { ok: false, why }
}

function entriesOf(takeBack: TakenBack): [DispositionColumn, number][] {
  return DISPOSITION_COLUMNS.map((column) => [column, takeBack[column] ?? 0])
}
