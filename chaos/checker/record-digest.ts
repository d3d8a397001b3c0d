import { createHash } from 'node:crypto'
import { OUR_HEADERS } from '../../src/pipeline/headers.ts'

/** A record as it was produced or archived. Names may repeat, and null is not the same as empty. */
export interface DigestedRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: Buffer, value: Buffer | null])[]
}

const OURS: ReadonlySet<string> = new Set(OUR_HEADERS)

/**
 * What tells one record from another, in hex: its key, its value, and its headers in their order without ours.
 * Made otherwise than the digest in the table `dlq`, so that a mistake there does not hide here.
 */
export function recordDigest({ key, value, headers }: DigestedRecord): string {
  const parts = [key, value]
  for (const [name, content] of headers) if (!OURS.has(name.toString('latin1'))) parts.push(name, content)
  const hash = createHash('sha256')
  // The lengths of all parts stand before their bytes, so no byte can pass from one part to the next.
  hash.update(parts.map((part) => (part === null ? 'none' : part.length)).join(',') + '\n')
  for (const part of parts) if (part !== null) hash.update(part)
  return hash.digest('hex')
}
