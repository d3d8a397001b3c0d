/** How fast orders were stored; every one of them was durable at the end. */
export interface Throughput {
  readonly orders: number
  readonly seconds: number
  readonly perSecond: number
}

export function throughputOf(orders: number, elapsedMs: number): Throughput {
  return { orders, seconds: elapsedMs / 1000, perSecond: (orders / elapsedMs) * 1000 }
}
