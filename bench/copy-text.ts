import type { Value } from './rows.ts'

const SPECIAL = /[\\\t\n\r]/g
const ESCAPED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
}

/** One row in the text format of `copy … from stdin`. */
export function copyLine(row: readonly Value[]): string {
  return `${row.map(field).join('\t')}\n`
}

function field(value: Value): string {
  if (typeof value === 'number') return String(value)
  // The backslash of bytea's own spelling is one more character to escape.
  if (typeof value !== 'string') return `\\\\x${value.toString('hex')}`
  return value.replace(SPECIAL, (character) => ESCAPED[character] ?? character)
}
