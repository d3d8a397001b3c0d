import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { compressionsAlgorithms } from '@platformatic/kafka'

/** What became of compressed bytes; nothing larger than the limit was made of them. */
export type Inflated =
  | { readonly type: 'inflated'; readonly bytes: Buffer }
  | { readonly type: 'too_large' }
  | { readonly type: 'damaged'; readonly why: string }

/** By the codec's number in a batch's attributes. */
const CODECS: Readonly<Record<number, (bytes: Buffer, maxBytes: number) => Buffer | undefined>> = {
  1: (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }),
  2: (bytes, maxBytes) =>
    snappyLength(bytes) > maxBytes ? undefined : compressionsAlgorithms.snappy.decompressSync(bytes),
  3: (bytes, maxBytes) =>
    lz4Length(bytes) > maxBytes ? undefined : compressionsAlgorithms.lz4.decompressSync(bytes),
  4: (bytes, maxOutputLength) => zstdDecompressSync(bytes, { maxOutputLength }),
}

/**
 * Inflates the records of a batch to `maxBytes` at most. A megabyte can be made to hold a gigabyte, so the
 * size is known before the memory is taken: two codecs take a limit, the others tell their size beforehand.
 */
export function inflate(codec: number, bytes: Buffer, maxBytes: number): Inflated {
  const decompress = CODECS[codec]
  if (decompress === undefined) return { type: 'damaged', why: `its codec ${codec} is unknown` }
  try {
    const inflated = decompress(bytes, maxBytes)
    return inflated === undefined ? { type: 'too_large' } : { type: 'inflated', bytes: inflated }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_BUFFER_TOO_LARGE') return { type: 'too_large' }
    return { type: 'damaged', why: 'it can not be decompressed' }
  }
}

/** The frame that Java's snappy writes: a header of 16 bytes, then chunks with their length. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16

function snappyLength(bytes: Buffer): number {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return leadingVarint(bytes)
  let length = 0
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length;) {
    const chunkBytes = bytes.readUInt32BE(at)
    length += leadingVarint(bytes.subarray(at + 4, at + 4 + chunkBytes))
    at += 4 + chunkBytes
  }
  return length
}

/** A block of snappy begins with the length that it inflates to. */
function leadingVarint(bytes: Buffer): number {
  let value = 0
  for (let index = 0; index < 5; index++) {
    const byte = bytes.readUInt8(index)
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return value
  }
  throw new RangeError('a length of more than 5 bytes')
}

const LZ4_MAGIC = 0x184d2204
const HAS_BLOCK_CHECKSUMS = 1 << 4
const HAS_CONTENT_SIZE = 1 << 3
const HAS_CONTENT_CHECKSUM = 1 << 2
const HAS_DICTIONARY_ID = 1 << 0
const NOT_COMPRESSED = 0x8000_0000

/** The content size in a frame's header may be missing or wrong, so the blocks are gone through. */
function lz4Length(bytes: Buffer): number {
  let length = 0
  for (let at = 0; at < bytes.length;) {
    if (bytes.readUInt32LE(at) !== LZ4_MAGIC) throw new RangeError('no frame of lz4')
    const flags = bytes.readUInt8(at + 4)
    at += 7 + (flags & HAS_CONTENT_SIZE ? 8 : 0) + (flags & HAS_DICTIONARY_ID ? 4 : 0)
    for (;;) {
      const block = bytes.readUInt32LE(at)
      at += 4
      if (block === 0) break
      const end = at + (block & ~NOT_COMPRESSED)
      length += block >= NOT_COMPRESSED ? end - at : lz4BlockLength(bytes.subarray(at, end))
      at = end + (flags & HAS_BLOCK_CHECKSUMS ? 4 : 0)
    }
    at += flags & HAS_CONTENT_CHECKSUM ? 4 : 0
  }
  return length
}

/** Sequences of literals, and of a match that repeats at least 4 bytes; the last one has no match. */
function lz4BlockLength(block: Buffer): number {
  let length = 0
  for (let at = 0; at < block.length;) {
    const token = block.readUInt8(at++)
    const literals = lz4Run(block, at, token >> 4)
    at = literals.at + literals.length
    length += literals.length
    if (at >= block.length) break
    const match = lz4Run(block, at + 2, token & 0x0f)
    at = match.at
    length += match.length + 4
  }
  return length
}

/** A length of 15 goes on in the next bytes, for as long as they are 255. */
function lz4Run(block: Buffer, at: number, short: number): { readonly length: number; readonly at: number } {
  let length = short
  if (short < 15) return { length, at }
  for (;;) {
    const byte = block.readUInt8(at++)
    length += byte
    if (byte < 255) return { length, at }
  }
}
