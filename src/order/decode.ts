import { isAscii, isUtf8 } from 'node:buffer'

export interface OrderLimits {
  /** Largest value that is decoded. */
  readonly maxBytes: number
  /** Deepest nesting of arrays and objects; the outermost counts as 1. */
  readonly maxDepth: number
}

export type DecodeFailureType = 'empty_value' | 'too_large' | 'malformed_utf8' | 'malformed_json'

export type Decoded =
  | { readonly ok: true; readonly json: unknown; readonly hasEscapes: boolean }
  | { readonly ok: false; readonly type: DecodeFailureType; readonly message: string }

/**
 * Reads a record's value as one JSON text in UTF-8; a byte order mark is accepted. `hasEscapes` is false
 * when no string can hold U+0000 or a lone surrogate, since both can only be written as `\u` escapes.
 */
export function decodeJson(value: Buffer | null, limits: OrderLimits): Decoded {
  if (value === null) return failure('empty_value', 'the record has no value')
  if (value.length === 0) return failure('empty_value', 'the value is empty')
  if (value.length > limits.maxBytes)
    return failure('too_large', `the value has ${value.length} bytes, ${limits.maxBytes} are allowed`)
  const text = decodeText(value)
  if (text === undefined) return failure('malformed_utf8', 'the value is not UTF-8')
  if (isDeeperThan(limits.maxDepth, text))
    return failure('malformed_json', `the value is nested more than ${limits.maxDepth} levels deep`)
  try {
    return { ok: true, json: JSON.parse(text), hasEscapes: text.includes('\\u') }
  } catch {
    // The parser's message quotes the payload.
    return failure('malformed_json', 'the value is not JSON')
  }
}

function failure(type: DecodeFailureType, message: string): Decoded {
  return { ok: false, type, message }
}

function decodeText(value: Buffer): string | undefined {
  if (isAscii(value)) return value.toString('latin1')
  if (!isUtf8(value)) return undefined
  const hasMark = value[0] === 0xef && value[1] === 0xbb && value[2] === 0xbf
  return value.toString('utf8', hasMark ? 3 : 0)
}

/**
 * Must be asked before anything recurses into the value: the stack ends after some thousand levels, and
 * the record would take the process with it.
 */
function isDeeperThan(maxDepth: number, text: string): boolean {
  return hasMoreThan(maxDepth, text) && deepestNesting(text, maxDepth) > maxDepth
}

/** Whether there are more opening brackets than levels allowed; the search for one character is native. */
function hasMoreThan(limit: number, text: string): boolean {
  let count = 0
  for (let at = text.indexOf('{'); at >= 0 && count <= limit; at = text.indexOf('{', at + 1)) count++
  for (let at = text.indexOf('['); at >= 0 && count <= limit; at = text.indexOf('[', at + 1)) count++
  return count > limit
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** Levels of brackets outside strings; stops counting above `enough`. */
function deepestNesting(text: string, enough: number): number {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length && deepest <= enough; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) deepest = Math.max(deepest, ++depth)
    else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--
  }
  return deepest
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at++
    else if (code === QUOTE) return at
  }
  return text.length
}
