/** Short names of units, as they stand behind a number. */
export interface UnitNames {
  readonly second: string
  readonly minute: string
  readonly hour: string
  readonly day: string
}

/** At most two units, the larger one first: `0.4 s`, `12 s`, `3 min 20 s`, `2 d 5 h`. */
export function formatDuration(language: string, seconds: number, names: UnitNames): string {
  const whole = Math.round(seconds)
  if (seconds < 9.95) return `${decimal(language, seconds)} ${names.second}`
  if (whole < 60) return `${whole} ${names.second}`
  if (whole < 3_600) return two(whole, 60, names.minute, names.second)
  if (whole < 86_400) return two(Math.round(whole / 60), 60, names.hour, names.minute)
  return two(Math.round(whole / 3_600), 24, names.day, names.hour)
}

/** `48 ms` below a second. */
export function formatLatency(
  language: string,
  seconds: number,
  names: UnitNames & { readonly millisecond: string },
): string {
  const ms = Math.round(seconds * 1_000)
  return ms < 1_000 ? `${ms} ${names.millisecond}` : formatDuration(language, seconds, names)
}

function two(count: number, size: number, large: string, small: string): string {
  const rest = count % size
  const first = `${Math.floor(count / size)} ${large}`
  return rest === 0 ? first : `${first} ${rest} ${small}`
}

function decimal(language: string, value: number): string {
  const rounded = Math.round(value * 10) / 10
  return rounded.toLocaleString(language, { maximumFractionDigits: 1 })
}

const STEPS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** Further away, a date says more than a distance. */
const LONGEST_SECONDS = 7 * 86_400

/** `3 min. ago`, `in 12 sec.`; beyond a week the day, on the reader's clock: `Nov 26, 2021`. */
export function formatRelative(language: string, atMs: number, nowMs: number): string {
  const seconds = Math.round((atMs - nowMs) / 1_000)
  if (Math.abs(seconds) > LONGEST_SECONDS)
    return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(atMs)
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit)
  }
  return format.format(seconds, 'second')
}

/** `2021-11-26 06:22:19 UTC`: the same in every language, and what the logs say. */
export function formatUtc(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `2021-11-26 09:22:19 UTC+3`: on the reader's clock, in the same order, and with its zone. */
export function formatLocal(atMs: number, timeZone?: string): string {
  const parts = new Intl.DateTimeFormat('en', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'shortOffset',
    timeZone,
  }).formatToParts(atMs)
  const of = Object.fromEntries(parts.map(({ type, value }) => [type, value]))
  const zone = of['timeZoneName']?.replace(/^GMT(\+0$)?/, 'UTC')
  return `${of['year']}-${of['month']}-${of['day']} ${of['hour']}:${of['minute']}:${of['second']} ${zone}`
}
