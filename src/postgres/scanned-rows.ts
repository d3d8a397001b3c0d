import { DELIVERY, HEAD, ITEM, PAYMENT, TAIL, type Part } from '../order/canonical-layout.ts'
import { microsecondsFrom } from '../order/instant.ts'
import { itemAt, PARTS_AT, type ScannedOrder } from '../order/scan.ts'
import type { CopyRows } from './copy-rows.ts'

/*
 * Columns of a scanned order, copied from the record's own bytes. Those of each table stand in the order of the
 * canonical form, so a part of the order is written as it was read.
 */

export function copyOrder(rows: CopyRows, order: ScannedOrder): void {
  copyPart(rows, order, HEAD, PARTS_AT.head)
  copyPart(rows, order, TAIL, itemAt(order.itemCount))
}

export function copyDelivery(rows: CopyRows, order: ScannedOrder): void {
  copyPart(rows, order, DELIVERY, PARTS_AT.delivery)
}

export function copyPayment(rows: CopyRows, order: ScannedOrder): void {
  copyPart(rows, order, PAYMENT, PARTS_AT.payment)
}

export function copyItem(rows: CopyRows, order: ScannedOrder, index: number): void {
  copyPart(rows, order, ITEM, itemAt(index))
}

function copyPart(rows: CopyRows, order: ScannedOrder, { steps }: Part, partAt: number): void {
  const { bytes, fields, hasEscapes } = order
  let at = order.start + partAt
  for (const { kind } of steps) {
    const number = fields[at++] ?? 0
    if (kind === 'integer') rows.int8(number)
    else if (kind === 'instant') rows.timestamp(microsecondsFrom(number, fields[at++] ?? 0))
    else if (hasEscapes) rows.unescapedTextOf(bytes, number, fields[at++] ?? 0)
    else rows.textOf(bytes, number, fields[at++] ?? 0)
  }
}
