const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const SECONDS_PER_DAY = 86_400
/** 0001-01-01T00:00:00Z and 10000-01-01T00:00:00Z: four-digit years, and well inside PostgreSQL's range. */
const FIRST_SECOND = daysSinceEpoch(1, 1, 1) * SECONDS_PER_DAY
const END_SECOND = daysSinceEpoch(10_000, 1, 1) * SECONDS_PER_DAY
const EPOCH_2000 = daysSinceEpoch(2000, 1, 1) * SECONDS_PER_DAY

/**
 * Canonical form of an RFC 3339 instant: UTC with `Z`, truncated to the microsecond, the fraction without
 * trailing zeros. Undefined for anything else: lower-case `t` or `z`, no offset, days that no calendar has,
 * `:60`, `24:00`, more than 9 fraction digits, or years outside 1–9999 once the offset is applied.
 */
export function canonicalInstant(text: string): string | undefined {
  const match = RFC_3339.exec(text)
  if (match === null) return undefined
  const [
    ,
    yearText,
    monthText,
    dayText,
    hours,
    minutes,
    seconds,
    fraction,
    sign,
    offsetHours,
    offsetMinutes,
  ] = match
  const year = Number(yearText)
  const month = Number(monthText)
  const day = Number(dayText)
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  const second =
    daysSinceEpoch(year, month, day) * SECONDS_PER_DAY +
    Number(hours) * 3600 +
    Number(minutes) * 60 +
    Number(seconds) -
    (sign === undefined ? 0 : Number(`${sign}1`) * (Number(offsetHours) * 3600 + Number(offsetMinutes) * 60))
  if (second < FIRST_SECOND || second >= END_SECOND) return undefined
  if (sign === undefined && fraction === undefined) return text
  const upToSeconds =
    sign === undefined ? text.slice(0, 19) : new Date(second * 1000).toISOString().slice(0, 19)
  return upToSeconds + canonicalFraction(fraction) + 'Z'
}

function canonicalFraction(digits: string | undefined): string {
  let end = Math.min(6, digits?.length ?? 0)
  while (end > 0 && digits?.[end - 1] === '0') end--
  return end === 0 ? '' : `.${digits?.slice(0, end)}`
}

/** Whole seconds since 1970 of a canonical instant, rounded down. */
export function epochSeconds(instant: string): number {
  const days = daysSinceEpoch(
    Number(instant.slice(0, 4)),
    Number(instant.slice(5, 7)),
    Number(instant.slice(8, 10)),
  )
  return (
    days * SECONDS_PER_DAY +
    Number(instant.slice(11, 13)) * 3600 +
    Number(instant.slice(14, 16)) * 60 +
    Number(instant.slice(17, 19))
  )
}

/** Microseconds since 2000-01-01T00:00:00Z of a canonical instant: PostgreSQL's binary timestamptz (int64). */
export function microsecondsSince2000(instant: string): bigint {
  const fraction = instant.length > 20 ? Number(instant.slice(20, -1).padEnd(6, '0')) : 0
  return BigInt(epochSeconds(instant) - EPOCH_2000) * 1_000_000n + BigInt(fraction)
}

/**
 * Proleptic Gregorian calendar, as RFC 3339 and PostgreSQL count. `Date.UTC` is no substitute: it takes the
 * years 0–99 for 1900–1999. Counted from 1 March, so that the leap day is the last one of its year.
 */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468
}

function daysInMonth(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && leap ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0)
}
