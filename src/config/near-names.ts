import { SETTING_NAMES, settingOf, type SettingName } from './settings.ts'

/** The setting that was probably meant by a name that Sluice does not read. */
export function intendedSetting(name: string): SettingName | undefined {
  if (isKnown(name)) return undefined
  const withoutFile = name.replace(/_FILE$/, '')
  return SETTING_NAMES.find((known) => isNear(name, known) || isNear(withoutFile, known))
}

function isNear(name: string, known: SettingName): boolean {
  // A short name is within two edits of words that have nothing to do with it.
  return editDistance(name, known) <= (known.length < 8 ? 1 : 2)
}

function isKnown(name: string): boolean {
  return SETTING_NAMES.some(
    (known) => name === known || (settingOf(known).secret !== undefined && name === `${known}_FILE`),
  )
}

/** Insertions, deletions, replacements and swaps of neighbours; 9 when the lengths alone rule it out. */
function editDistance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > 2) return 9
  let beforeLast: number[] = []
  let last = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1]
      let cost = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      )
      if (
        row > 1 &&
        column > 1 &&
        left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1]
      ) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1)
      }
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return at(last, right.length)
}

function at(distances: readonly number[], index: number): number {
  return distances[index] ?? Number.POSITIVE_INFINITY
}
