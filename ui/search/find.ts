import { readByTrackNumber, readOrder } from '../api/orders.ts'
import { isUid } from './pasted.ts'

type LeadsTo = { readonly kind: 'order'; readonly uid: string } | { readonly kind: 'list' }

/**
 * Where a term leads: to its order, or to a list when orders have it as their track number. What is neither
 * leads to the page of the uid, which tells whether it waits or failed; and so does what can't be looked up
 * just now, because that page goes on trying.
 */
export async function find(term: string): Promise<LeadsTo> {
  if (!isUid(term)) return { kind: 'list' }
  const [byUid, byTrack] = await Promise.all([readOrder(term), readByTrackNumber(term, null)])
  const tracked = byTrack.kind === 'found' ? byTrack.value.items : []
  if (tracked.length === 0) return { kind: 'order', uid: term }
  const [only] = tracked
  if (only !== undefined && tracked.length === 1 && byUid.kind !== 'found') {
    return { kind: 'order', uid: only.order_uid }
  }
  return { kind: 'list' }
}
