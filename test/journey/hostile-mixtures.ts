import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { orderJson } from '../../chaos/workload/hostile/base-order.ts'
import { hostileShape, type HostileShape } from '../../chaos/workload/hostile/shapes.ts'
import type { Ending } from '../../chaos/workload/hostile/values.ts'
import type { Header, OutgoingRecord } from '../../src/pipeline/record.ts'

/** What one draw makes: a hostile record, or a good one with others of its uid behind it. */
export type Draw =
  | { readonly type: 'hostile'; readonly shape: HostileShape; readonly to: Topic }
  | { readonly type: 'good'; readonly repeats: readonly ('duplicate' | 'conflict')[] }
/** Where a record is produced to, as the names of a place call it. */
export type Topic = 'orders' | 'retries' | 'deadLetters'

export interface Produced extends OutgoingRecord {
  readonly id: string
  readonly name: string
  readonly to: Topic
  readonly uid: string
  readonly ends: Ending
}

const hostileDraw: fc.Arbitrary<Draw> = fc
  .record({
    shape: hostileShape,
    to: fc.oneof(
      { weight: 12, arbitrary: fc.constant('orders' as const) },
      { weight: 1, arbitrary: fc.constant('retries' as const) },
      { weight: 1, arbitrary: fc.constant('deadLetters' as const) },
    ),
  })
  .map((drawn) => ({ type: 'hostile', ...drawn }))
const goodDraw: fc.Arbitrary<Draw> = fc
  .oneof(
    { weight: 9, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(fc.constantFrom('duplicate' as const, 'conflict' as const), { maxLength: 2 }),
    },
  )
  .map((repeats) => ({ type: 'good', repeats }))

/** Half of them hostile. */
export const draw: fc.Arbitrary<Draw> = fc.oneof(hostileDraw, goodDraw)

/** Everything that draws make, in the order in which it is produced, each with an id of its own. */
export function recordsOf(
  draws: readonly Draw[],
  run: string,
  topics: Readonly<Record<Topic, string>>,
): Produced[] {
  let count = 0
  const record = (
    parts: Pick<Produced, 'name' | 'to' | 'uid' | 'ends' | 'key' | 'value'>,
    headers: readonly Header[] = [],
  ): Produced => {
    const id = `${run}-${count++}`
    const topic = topics[parts.to]
    return { ...parts, id, topic, headers: [...headers, [Buffer.from('test-id'), Buffer.from(id)]] }
  }
  return draws.flatMap((drawn, at) => {
    // Far from each other, so that a byte that changes makes no other uid of them.
    const uid = createHash('sha256').update(`${run}/${at}`).digest('hex').slice(0, 24)
    const key = Buffer.from(uid)
    if (drawn.type === 'hostile') {
      const { shape, to } = drawn
      const { name, ends, headers } = shape
      return [
        record(
          { name, to, uid, ends, key: shape.key === 'uid' ? key : shape.key, value: shape.value(uid) },
          headers,
        ),
      ]
    }
    const order = { to: 'orders', uid, key } as const
    return [
      record({ ...order, name: 'good', ends: 'stored', value: Buffer.from(orderJson(uid)) }),
      ...drawn.repeats.map((ends) => {
        const text = ends === 'duplicate' ? ` ${orderJson(uid)}\n` : orderJson(uid, { sm_id: 4_711 })
        return record({ ...order, name: ends, ends, value: Buffer.from(text) })
      }),
    ]
  })
}
