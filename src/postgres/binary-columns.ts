import { writeText } from './copy-rows.ts'

/**
 * Arrays in PostgreSQL's binary format, for `unnest`: cheaper to write than their text form, and much
 * cheaper for the server to read. The driver sends a Buffer as a binary parameter. Layout: dimensions,
 * null flag, element type, length, lower bound; then each element as its length and its bytes (array_recv).
 */
const HEADER_BYTES = 20
const OID = { bytea: 17, int8: 20, int4: 23, text: 25, timestamptz: 1184 } as const

function header(buffer: Buffer, oid: number, length: number, hasNull = 0): void {
  buffer.writeInt32BE(1, 0)
  buffer.writeInt32BE(hasNull, 4)
  buffer.writeInt32BE(oid, 8)
  buffer.writeInt32BE(length, 12)
  buffer.writeInt32BE(1, 16)
}

/** `text[]`. The strings must be well-formed and without U+0000. */
export function textColumn<Row>(rows: readonly Row[], value: (row: Row) => string): Buffer {
  let buffer: Buffer = Buffer.allocUnsafe(HEADER_BYTES + rows.length * 32)
  let at = HEADER_BYTES
  for (const row of rows) {
    const text = value(row)
    // No code unit takes more than three bytes.
    const room = at + 4 + text.length * 3
    if (room > buffer.length) buffer = grow(buffer, at, room)
    const bytes = writeText(buffer, text, at + 4)
    buffer.writeInt32BE(bytes, at)
    at += 4 + bytes
  }
  header(buffer, OID.text, rows.length)
  return buffer.subarray(0, at)
}

/** `bytea[]`, with nulls. */
export function bytesColumn<Row>(rows: readonly Row[], value: (row: Row) => Buffer | null): Buffer {
  const values = rows.map(value)
  const buffer = Buffer.allocUnsafe(
    values.reduce((sum, bytes) => sum + 4 + (bytes?.length ?? 0), HEADER_BYTES),
  )
  let at = HEADER_BYTES
  let hasNull = 0
  for (const bytes of values) {
    at = buffer.writeInt32BE(bytes?.length ?? -1, at)
    if (bytes === null) hasNull = 1
    else at += bytes.copy(buffer, at)
  }
  header(buffer, OID.bytea, rows.length, hasNull)
  return buffer
}

/** `bigint[]` of safe integers. */
export function int8Column<Row>(rows: readonly Row[], value: (row: Row) => number): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + rows.length * 12)
  let at = HEADER_BYTES
  for (const row of rows) {
    const integer = value(row)
    const high = Math.floor(integer / 0x1_0000_0000)
    at = buffer.writeInt32BE(8, at)
    at = buffer.writeInt32BE(high, at)
    at = buffer.writeUInt32BE(integer - high * 0x1_0000_0000, at)
  }
  header(buffer, OID.int8, rows.length)
  return buffer
}

/** `timestamptz[]` of microseconds since 2000-01-01T00:00:00Z. */
export function timestampColumn<Row>(rows: readonly Row[], value: (row: Row) => bigint): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + rows.length * 12)
  let at = HEADER_BYTES
  for (const row of rows) {
    at = buffer.writeInt32BE(8, at)
    at = buffer.writeBigInt64BE(value(row), at)
  }
  header(buffer, OID.timestamptz, rows.length)
  return buffer
}

/** `integer[]`. */
export function int4Column<Row>(rows: readonly Row[], value: (row: Row) => number): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + rows.length * 8)
  let at = HEADER_BYTES
  for (const row of rows) {
    at = buffer.writeInt32BE(4, at)
    at = buffer.writeInt32BE(value(row), at)
  }
  header(buffer, OID.int4, rows.length)
  return buffer
}

function grow(buffer: Buffer, used: number, room: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(room, buffer.length * 2))
  buffer.copy(larger, 0, 0, used)
  return larger
}
