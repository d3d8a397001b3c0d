import { contentHash } from '../order/content-hash.ts'
import type { IdentityQueries } from '../postgres/audit-identities.ts'
import type { DeepAudit } from './deep-audit.ts'

/** The four tables must still hold what was hashed when the order was stored. */
export async function checkOrders(audit: DeepAudit, snapshot: IdentityQueries): Promise<void> {
  let last: string | undefined
  for (;;) {
    audit.signal.throwIfAborted()
    const orders = await snapshot.ordersToDoubt(last)
    if (orders.count === 0) return
    last = orders.last
    for (const { uid, contentHash: stored } of orders.doubtful) {
      const canonical = await snapshot.canonicalOrder(uid)
      const hash = canonical && contentHash(canonical)
      if (hash === undefined)
        audit.findings.add({ kind: 'order_altered', uid, detail: 'its delivery or its payment is missing' })
      else if (hash[0] !== stored[0]) audit.notVerifiable.otherVersions++
      else if (!hash.equals(stored)) audit.findings.add({ kind: 'order_altered', uid })
    }
    audit.counts.orders += orders.count
    audit.advance(orders.count)
  }
}
