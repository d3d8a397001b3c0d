const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995

/**
 * Where Kafka's Java clients put a record with this key, once taken modulo the number of partitions: keys
 * stay in their partition whoever produces them. The library's own default keeps the hash's sign bit and
 * chooses another one for half of the keys.
 */
export function partitionHash(key: Buffer): number {
  return murmur2(key) & 0x7fffffff
}

/** As `org.apache.kafka.common.utils.Utils.murmur2`; 32 bits, signed. */
export function murmur2(data: Buffer): number {
  let hash = SEED ^ data.length
  const wholeWords = data.length & ~3
  for (let at = 0; at < wholeWords; at += 4) {
    let word = Math.imul(data.readInt32LE(at), MULTIPLIER)
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER)
    hash = Math.imul(hash, MULTIPLIER) ^ word
  }
  if (wholeWords < data.length)
    hash = Math.imul(hash ^ data.readUIntLE(wholeWords, data.length - wholeWords), MULTIPLIER)
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return hash ^ (hash >>> 15)
}
