/** Each breaks one promise of the service; `none` is the service as it is. */
export type Bug =
  | 'none'
  | 'offset committed before the transaction'
  | 'one record skipped'
  | 'insert without key'
  | 'cache before commit'
  | 'dead-letter error swallowed'
  | 'fence removed'
  | 'ledger keyed by topic name'

/** Names of checks by bug; each of them has to fail. */
export const PLANTED_BUGS: readonly { readonly bug: Bug; readonly caughtBy: readonly string[] }[] = [
  { bug: 'none', caughtBy: [] },
  {
    bug: 'offset committed before the transaction',
    caughtBy: ['no offset is committed ahead of the ledger'],
  },
  { bug: 'one record skipped', caughtBy: ['every acknowledged record has an end', 'the audit balances'] },
  { bug: 'insert without key', caughtBy: ['no order is stored twice'] },
  { bug: 'cache before commit', caughtBy: ['no order is read before its commit'] },
  {
    bug: 'dead-letter error swallowed',
    caughtBy: ['every acknowledged record has an end', 'dead letters that were sent have arrived'],
  },
  { bug: 'fence removed', caughtBy: ['each row accounts for its offsets'] },
  {
    bug: 'ledger keyed by topic name',
    caughtBy: ['every acknowledged record has an end', 'the audit balances'],
  },
]
