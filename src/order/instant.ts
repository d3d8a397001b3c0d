const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const SECONDS_PER_DAY = 86_400
/** 0001-01-01T00:00:00Z and 10000-01-01T00:00:00Z: four-digit years, and well inside PostgreSQL's range. */
const FIRST_SECOND = daysSinceEpoch(1, 1, 1) * SECONDS_PER_DAY
const END_SECOND = daysSinceEpoch(10_000, 1, 1) * SECONDS_PER_DAY
export const EPOCH_2000 = daysSinceEpoch(2000, 1, 1) * SECONDS_PER_DAY

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

/**
 * The same of the 19 bytes `2021-11-26T06:22:19` at `at`; undefined when they are none, or a day or time that
 * no calendar and no clock has.
 */
export function epochSecondsAt(bytes: Buffer, at: number): number | undefined {
  // Nothing is read beyond the end; see `Scanner`.
  if (at + INSTANT_BYTES > bytes.length) return undefined
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2)
  const month = twoDigits(bytes, at + 5)
  const day = twoDigits(bytes, at + 8)
  const hours = twoDigits(bytes, at + 11)
  const minutes = twoDigits(bytes, at + 14)
  const seconds = twoDigits(bytes, at + 17)
  // NaN, where there are no digits, is in none of the ranges.
  const isCalendarDay = year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
  if (!isCalendarDay || !(hours <= 23 && minutes <= 59 && seconds <= 59)) return undefined
  if (bytes[at + 4] !== DASH || bytes[at + 7] !== DASH || bytes[at + 10] !== LETTER_T) return undefined
  if (bytes[at + 13] !== COLON || bytes[at + 16] !== COLON) return undefined
  return daysSinceEpoch(year, month, day) * SECONDS_PER_DAY + hours * 3600 + minutes * 60 + seconds
}

const INSTANT_BYTES = 19
const DASH = 0x2d
const COLON = 0x3a
const LETTER_T = 0x54

function twoDigits(bytes: Buffer, at: number): number {
  const tens = (bytes[at] ?? 0) - 0x30
  const ones = (bytes[at + 1] ?? 0) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN
}

/** Microseconds since 2000-01-01T00:00:00Z, from whole seconds since 1970 and the microseconds of that second. */
export function microsecondsFrom(epochSecond: number, micros: number): bigint {
  return BigInt(epochSecond - EPOCH_2000) * 1_000_000n + BigInt(micros)
}

/** Microseconds since 2000-01-01T00:00:00Z of a canonical instant: PostgreSQL's binary timestamptz (int64). */
export function microsecondsSince2000(instant: string): bigint {
  const fraction = instant.length > 20 ? Number(instant.slice(20, -1).padEnd(6, '0')) : 0
  return microsecondsFrom(epochSeconds(instant), fraction)
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

/** Writes `2021-11-26T06:22:19` at `at`, 19 bytes; for the years 1 to 9999. */
export function writeSecond(bytes: Buffer, at: number, epochSecond: number): void {
  const days = Math.floor(epochSecond / SECONDS_PER_DAY)
  const second = epochSecond - days * SECONDS_PER_DAY
  // Years begin in March here, and are counted in cycles of 400, after which the calendar repeats itself.
  const shifted = days + 719_468
  const cycle = Math.floor(shifted / 146_097)
  const dayOfCycle = shifted - cycle * 146_097
  const yearOfCycle = Math.floor(
    (dayOfCycle -
      Math.floor(dayOfCycle / 1_460) +
      Math.floor(dayOfCycle / 36_524) -
      Math.floor(dayOfCycle / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
  writeTwo(bytes, at, Math.floor(year / 100))
  writeTwo(bytes, at + 2, year % 100)
  bytes[at + 4] = DASH
  writeTwo(bytes, at + 5, month)
  bytes[at + 7] = DASH
  writeTwo(bytes, at + 8, dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1)
  bytes[at + 10] = LETTER_T
  writeTwo(bytes, at + 11, Math.floor(second / 3600))
  bytes[at + 13] = COLON
  writeTwo(bytes, at + 14, Math.floor(second / 60) % 60)
  bytes[at + 16] = COLON
  writeTwo(bytes, at + 17, second % 60)
}

function writeTwo(bytes: Buffer, at: number, value: number): void {
  const tens = Math.floor(value / 10)
  bytes[at] = 0x30 + tens
  bytes[at + 1] = 0x30 + value - tens * 10
}

function daysInMonth(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && leap ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0)
}
