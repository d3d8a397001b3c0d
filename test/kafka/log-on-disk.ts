import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Admin, crc32c } from '@platformatic/kafka'

/** Places in a batch's layout. */
const FRAME_BYTES = 12
const CRC_AT = 17
const COVERED_FROM = 21
const ATTRIBUTES_AT = 21
const RECORDS_FROM = 61

/** Flips a bit of the batch's last record, as a bad disk would. Returns the batch's offsets. */
export async function damageBatch(brokers: string, topic: string, partition: number, offset: number) {
  return await changeBatch(brokers, topic, partition, offset, (batch) => {
    batch.writeUInt8(batch.readUInt8(batch.length - 10) ^ 1, batch.length - 10)
  })
}

/** Makes the batch one of a codec that nobody knows, and right in everything else. */
export async function giveUnknownCodec(brokers: string, topic: string, partition: number, offset: number) {
  return await changeBatch(brokers, topic, partition, offset, (batch) => {
    batch.writeInt16BE(batch.readInt16BE(ATTRIBUTES_AT) | 5, ATTRIBUTES_AT)
    batch.writeUInt32BE(crc32c(batch.subarray(COVERED_FROM)), CRC_AT)
  })
}

/** Overwrites the whole batch with zeros, so that the broker itself can't find its way any more. */
export async function wipeBatch(brokers: string, topic: string, partition: number, offset: number) {
  return await changeBatch(brokers, topic, partition, offset, (batch) => {
    batch.fill(0)
  })
}

/**
 * Changes the batch with this offset in the file where it lies. The broker need not be stopped: it sends what
 * is in the file, and does not look at it.
 */
async function changeBatch(
  brokers: string,
  topic: string,
  partition: number,
  offset: number,
  change: (batch: Buffer) => void,
): Promise<{ readonly first: number; readonly to: number }> {
  const file = join(await folderOf(brokers, topic, partition), `${'0'.repeat(20)}.log`)
  const log = await readFile(file)
  for (let at = 0; at + RECORDS_FROM <= log.length;) {
    const end = at + FRAME_BYTES + log.readInt32BE(at + 8)
    const batch = log.subarray(at, end)
    const first = Number(batch.readBigInt64BE(0))
    const to = first + batch.readInt32BE(23) + 1
    if (offset < to) {
      change(batch)
      await writeFile(file, log)
      return { first, to }
    }
    at = end
  }
  throw new Error(`there is no offset ${offset} in ${file}`)
}

async function folderOf(brokers: string, topic: string, partition: number): Promise<string> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: brokers.split(',') })
  try {
    const [broker] = await admin.describeLogDirs({ topics: [{ name: topic, partitions: [partition] }] })
    const logDir = broker?.results[0]?.logDir
    if (logDir === undefined) throw new Error(`no broker has ${topic}-${partition}`)
    return join(logDir, `${topic}-${partition}`)
  } finally {
    await admin.close()
  }
}
