import type { Part } from '../order/canonical-layout.ts'

/** The columns of a part of an order, named as its fields and in their order; `alias` is that of its table. */
export function columnsOf({ at }: Part, alias: string): string[] {
  return Object.keys(at).map((name) => `${alias}.${name}`)
}
