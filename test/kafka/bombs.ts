import { gzipSync } from 'node:zlib'
import { compressionsAlgorithms, type Producer } from '@platformatic/kafka'

const MIB = 1_048_576

/** Produces one batch of one record whose compressed bytes are these, whatever they inflate to. */
async function sendCompressed(
  producer: Producer,
  topic: string,
  partition: number,
  compressed: Buffer,
): Promise<void> {
  const { gzip } = compressionsAlgorithms
  const { compress, compressSync } = gzip
  Object.assign(gzip, { compress: async () => compressed, compressSync: () => compressed })
  try {
    await producer.send({ messages: [{ topic, partition, value: Buffer.from('x') }], compression: 'gzip' })
  } finally {
    Object.assign(gzip, { compress, compressSync })
  }
}

/** A value of so many MiB, in about as many KiB. It is never made: gzip's members may follow one another. */
export async function sendHugeValue(
  producer: Producer,
  topic: string,
  partition: number,
  mib: number,
): Promise<void> {
  const bytes = mib * MIB
  const inner = Buffer.concat([Buffer.from([0, 0, 0]), varint(-1), varint(bytes)])
  const zeros = gzipSync(Buffer.alloc(64 * MIB), { level: 9 })
  const rest = bytes % (64 * MIB)
  const members = [
    gzipSync(Buffer.concat([varint(inner.length + bytes + 1), inner])),
    ...Array.from({ length: Math.floor(mib / 64) }, () => zeros),
    ...(rest > 0 ? [gzipSync(Buffer.alloc(rest), { level: 9 })] : []),
    gzipSync(varint(0)),
  ]
  await sendCompressed(producer, topic, partition, Buffer.concat(members))
}

/** A record with so many headers, each of them empty: two bytes that inflate to objects of some hundred. */
export async function sendManyHeaders(
  producer: Producer,
  topic: string,
  partition: number,
  count: number,
): Promise<void> {
  const headers = Buffer.alloc(2 * count)
  const body = Buffer.concat([Buffer.from([0, 0, 0]), varint(-1), varint(-1), varint(count), headers])
  const record = Buffer.concat([varint(body.length), body])
  await sendCompressed(producer, topic, partition, gzipSync(record, { level: 9 }))
}

/** Kafka's signed numbers: zigzag, seven bits to a byte. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value < 0 ? -2 * value - 1 : 2 * value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return Buffer.from([...bytes, rest])
}
