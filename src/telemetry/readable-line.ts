/** Turns one of our JSON log lines into one for a person at a terminal: time, level, event, fields. */
export function readableLine(line: string): string {
  const { time, level, event, ...fields } = parseLine(line)
  const clock = String(time).slice(11, 19)
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${readable(value)}`)
  const words = String(event).replaceAll('_', ' ')
  return `${[clock, String(level).toUpperCase().padEnd(5), words, ...rest].join(' ')}\n`
}

/** Anything but a plain word is quoted, so that no text from outside can steer the terminal. */
function readable(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : escaped(JSON.stringify(value))
}

function escaped(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function parseLine(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line)
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}
