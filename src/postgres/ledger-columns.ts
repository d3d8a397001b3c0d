import type { DispositionColumn, LedgerColumn } from '../pipeline/ledger.ts'

/** Columns that count records with a disposition; as a record, so that none can be forgotten. */
const DISPOSITIONS: Readonly<Record<DispositionColumn, true>> = {
  stored: true,
  duplicates: true,
  retried: true,
  dead_lettered: true,
  forwarded: true,
  archived: true,
  reopened: true,
}
const OTHERS: Readonly<Record<Exclude<LedgerColumn, DispositionColumn>, true>> = {
  expired: true,
  absent: true,
  skipped: true,
  rewound: true,
}

/** Every column that a step of the books can raise, in one order. */
export const COUNTED: readonly LedgerColumn[] = [...namesIn(DISPOSITIONS), ...namesIn(OTHERS)]

/** Records with a disposition, as SQL. */
export const RECORDS = Object.keys(DISPOSITIONS).join(' + ')

/** What `next_offset - origin` has to be equal to, as SQL. */
export const ACCOUNTED = `${RECORDS} + expired + absent + skipped - rewound`

function namesIn<T extends string>(known: Readonly<Record<T, true>>): T[] {
  const names: T[] = []
  for (const name in known) names.push(name)
  return names
}

/** The figures of a row as the driver gives them. */
export function countsOf(
  row: Readonly<Record<LedgerColumn, string>>,
): Readonly<Record<LedgerColumn, number>> {
  return {
    stored: Number(row.stored),
    duplicates: Number(row.duplicates),
    retried: Number(row.retried),
    dead_lettered: Number(row.dead_lettered),
    forwarded: Number(row.forwarded),
    archived: Number(row.archived),
    reopened: Number(row.reopened),
    expired: Number(row.expired),
    absent: Number(row.absent),
    skipped: Number(row.skipped),
    rewound: Number(row.rewound),
  }
}
