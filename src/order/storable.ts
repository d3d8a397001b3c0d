import type { Order } from './order.ts'
import type { Findings } from './findings.ts'

/**
 * Reports every text that PostgreSQL would refuse (U+0000) or change in silence (a lone surrogate). Both can
 * reach a parsed text only by a `\u` escape, so only orders whose JSON has one need this walk.
 */
export function refuseUnstorableTexts(order: Order, findings: Findings): void {
  checkTexts(order, '', -1, findings)
  checkTexts(order.delivery, '/delivery', -1, findings)
  checkTexts(order.payment, '/payment', -1, findings)
  order.items.forEach((item, index) => checkTexts(item, '/items', index, findings))
}

function checkTexts(fields: object, parent: string, index: number, findings: Findings): void {
  findings.inside(parent, index)
  for (const [field, value] of Object.entries(fields)) {
    if (typeof value !== 'string') continue
    if (!value.isWellFormed() || value.includes('\u0000'))
      findings.add(field, 'must have neither U+0000 nor a lone surrogate')
  }
}
