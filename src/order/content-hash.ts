import { hash } from 'node:crypto'

/**
 * Version of the canonical form, first byte of every content hash. Raise it whenever the canonical bytes
 * of any order change: hashes of different versions say nothing about each other, their orders must be
 * compared by content.
 */
export const CANONICAL_VERSION = 1
const SHA_256_BYTES = 32

/** What tells a duplicate from a conflict: 33 bytes, the version and the SHA-256 of the canonical bytes. */
export function contentHash(canonical: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(1 + SHA_256_BYTES)
  bytes[0] = CANONICAL_VERSION
  // A digest as a Buffer costs twice as much as the same digest as a string of bytes.
  bytes.write(hash('sha256', canonical, 'binary'), 1, 'binary')
  return bytes
}

/** What tells one content from another in a URL or a header: the SHA-256 of the canonical bytes, as text. */
export function contentDigest(canonical: Buffer): string {
  return hash('sha256', canonical, 'base64url')
}

/** The same, out of a hash of this version. */
export function digestOfHash(hashed: Buffer): string {
  return hashed.toString('base64url', 1)
}
