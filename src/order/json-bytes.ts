import { ascii } from './canonical-layout.ts'

/* Bytes that mean something where JSON is read or written. */

export const FIRST_PRINTABLE = 0x20
export const QUOTE = 0x22
export const ZERO = 0x30
export const BACKSLASH = 0x5c

/** What a uid may hold; see `isOrderUid`. */
export const UID_BYTES = new Uint8Array(256)
for (const byte of ascii('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:~-'))
  UID_BYTES[byte] = 1

/** First bytes of U+00A0, U+1680, U+2000–U+205F, U+3000 and U+FEFF. */
export const BEGINS_WHITE_SPACE = new Uint8Array(256)
for (const byte of [0xc2, 0xe1, 0xe2, 0xe3, 0xef]) BEGINS_WHITE_SPACE[byte] = 1
