const formats = new Map<string, Intl.NumberFormat>()

export function formatCount(language: string, count: number): string {
  return numberFormat(language, 0).format(count)
}

/** One decimal below 10, so that a trickle is not shown as a standstill. */
export function formatRate(language: string, perSecond: number): string {
  const rounded = perSecond < 9.95 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond)
  return numberFormat(language, Number.isInteger(rounded) ? 0 : 1).format(rounded)
}

export function formatBytes(language: string, bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${numberFormat(language, value < 10 && unit > 0 ? 1 : 0).format(value)} ${units[unit]}`
}

/** A share of 0 to 1. Only a whole is shown as 100 %. */
export function formatShare(language: string, share: number): string {
  const percent = share === 1 ? 100 : Math.min(99.9, Math.round(share * 1_000) / 10)
  return `${numberFormat(language, Number.isInteger(percent) ? 0 : 1).format(percent)} %`
}

function numberFormat(language: string, digits: number): Intl.NumberFormat {
  const key = `${language} ${digits}`
  let format = formats.get(key)
  if (format === undefined) {
    format = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits })
    formats.set(key, format)
  }
  return format
}
