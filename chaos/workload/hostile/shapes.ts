import * as fc from 'fast-check'
import type { Header } from '../../../src/pipeline/record.ts'
import { VALUES, type Ending } from './values.ts'

/** A record without a uid: it gets one of its own where it is produced. */
export interface HostileShape {
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
export const hostileShape: fc.Arbitrary<HostileShape> = fc
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
