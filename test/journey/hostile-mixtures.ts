import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import type { Header, OutgoingRecord } from '../../src/pipeline/record.ts'
import { orderJson } from './hostile-records.ts'
import { VALUES, type Ending } from './hostile-values.ts'

/** A record without a uid: it gets one of its own where it is produced. */
interface HostileShape {
  readonly name: string
  readonly value: (uid: string) => Buffer | null
  readonly key: 'uid' | Buffer | null
  readonly headers: readonly Header[]
  readonly ends: Ending
}

const header = (name: string | Buffer, content: string | Buffer | null): Header => [
  Buffer.from(name),
  content === null ? null : Buffer.from(content),
]
const RETRIES = ['-1', '1e9', 'abc', '', '01', '3', '10', '99999999999999999999', 'x'.repeat(5_000)]

/** What others put into headers, and what claims to be ours. */
const HEADERS: readonly fc.WeightedArbitrary<readonly Header[]>[] = [
  { weight: 600, arbitrary: fc.constant([]) },
  {
    weight: 200,
    arbitrary: fc.array(
      fc
        .tuple(fc.uint8Array({ maxLength: 12 }), fc.option(fc.uint8Array({ maxLength: 40 })))
        .map(([name, content]) => header(Buffer.from(name), content && Buffer.from(content))),
      { maxLength: 6 },
    ),
  },
  {
    weight: 80,
    arbitrary: fc.constant([
      header('a', '1'),
      header('a', null),
      header('a', ''),
      header('', 'x'),
      header('nul\u0000', '\u0000'),
    ]),
  },
  {
    weight: 4,
    arbitrary: fc.constant(Array.from({ length: 10_000 }, (_, n) => header(`h${n % 3}`, String(n)))),
  },
  {
    weight: 160,
    arbitrary: fc.constantFrom(...RETRIES).map((retry) => [header('retry', retry), header('other', retry)]),
  },
  {
    weight: 80,
    arbitrary: fc.constant([
      header('retry-not-before', '253402300799999'),
      header('first-failed-at', 'never'),
    ]),
  },
  {
    weight: 120,
    arbitrary: fc
      .record({
        topic: fc.constantFrom('elsewhere', 'orders'),
        partition: fc.nat({ max: 3 }),
        offset: fc.nat({ max: 200 }),
      })
      .map(({ topic, partition, offset }) => [
        header('source-topic', topic),
        header('source-topic-id', '99999999-9999-4999-8999-999999999999'),
        header('source-partition', String(partition)),
        header('source-offset', String(offset)),
        header('error_type', 'conflict'),
        header('error_message', 'forged \u0000'),
        header('replay-of', 'forged'),
        header('traceparent', 'forged'),
      ]),
  },
]

const KEYS: readonly fc.WeightedArbitrary<'uid' | Buffer | null>[] = [
  { weight: 200, arbitrary: fc.constant('uid' as const) },
  { weight: 40, arbitrary: fc.constant(null) },
  { weight: 40, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)) },
]

/** One hostile record: something about its value, its headers and its key, in any combination. */
const hostileShape: fc.Arbitrary<HostileShape> = fc
  .record({ value: fc.oneof(...VALUES), headers: fc.oneof(...HEADERS), key: fc.oneof(...KEYS) })
  .map(({ value: { name, make, ends }, headers, key }) => ({
    name,
    value: (uid) => {
      const made = make(uid)
      return typeof made === 'string' ? Buffer.from(made) : made
    },
    headers,
    key,
    ends,
  }))

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
