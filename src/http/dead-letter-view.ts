import { isUtf8 } from 'node:buffer'
import type { Bytes, DeadLetter, DeadLetterSummary } from './contract/dead-letters.ts'
import type { OurHeader } from '../pipeline/headers.ts'
import type { Archived, ArchivedSummary } from './reads.ts'

const MASK = '***'
/** Keys under which people's names, phones, e-mails and addresses stand, also in orders of another shape. */
const PERSONAL = /name|phone|mail|addr/i
/** Headers that we wrote ourselves, which never quote a payload. */
const OURS: ReadonlySet<string> = new Set<OurHeader>([
  'retry',
  'retry-not-before',
  'first-failed-at',
  'error_type',
  'error_message',
  'error_stage',
  'source-topic',
  'source-topic-id',
  'source-partition',
  'source-offset',
  'replay-of',
  'traceparent',
])

export function viewSummary({ key, ...rest }: ArchivedSummary): DeadLetterSummary {
  return { ...rest, key: key !== null && isUtf8(key) ? key.toString('utf8') : null }
}

/** The whole dead letter. `masked` hides what a person could be known by. */
export function viewDeadLetter({ value, headers, ...summary }: Archived, masked: boolean): DeadLetter {
  return {
    ...viewSummary(summary),
    topic_id: summary.topic_id,
    resolution: summary.resolution,
    headers: headers.map(([bytes, content]) => {
      const name = bytes.toString('utf8')
      if (content === null) return { name, value: null }
      return { name, value: masked && !OURS.has(name) ? withheld() : view(content) }
    }),
    value: value === null ? null : masked ? maskedView(value) : view(value),
  }
}

function view(bytes: Buffer): Bytes {
  return isUtf8(bytes)
    ? { encoding: 'utf8', text: bytes.toString('utf8'), masked: false }
    : { encoding: 'base64', text: bytes.toString('base64'), masked: false }
}

/** What is no JSON can't be masked in part: nobody can tell where in it a person stands. */
function maskedView(bytes: Buffer): Bytes {
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof json !== 'object' || json === null) return withheld()
    return { encoding: 'utf8', text: JSON.stringify(json, maskPersonal), masked: true }
  } catch {
    return withheld()
  }
}

/** A replacer; it is called with the object that holds the key as `this`. What an item is called is no person. */
function maskPersonal(this: unknown, key: string, value: unknown): unknown {
  if (!PERSONAL.test(key)) return value
  const ofItem = typeof this === 'object' && this !== null && 'chrt_id' in this
  return ofItem && key === 'name' ? value : MASK
}

function withheld(): Bytes {
  return { encoding: 'utf8', text: MASK, masked: true }
}
