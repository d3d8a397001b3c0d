import { masked, type SettingReport } from './report.ts'
import { shapeOf } from './rules.ts'
import { SETTING_NAMES, settingOf, type SettingName, type Values } from './settings.ts'
import { findIn, type Found, type Layer, type Targets } from './sources.ts'

/** Reads every setting; one that is not allowed is left out of the values and adds a problem. */
export function readSettings(
  layers: readonly Layer[],
  targets: Targets,
  cwd: string,
  problems: string[],
): { values: Partial<Values>; settings: readonly SettingReport[] } {
  const settings: SettingReport[] = []
  const entries = SETTING_NAMES.map((name) => {
    const { default: fallback, secret, about } = settingOf(name)
    const found = findSetting(name, layers, targets, cwd, problems) ?? defaultOf(fallback)
    const value = found && masked(found.text, secret)
    settings.push({ name, value, source: found?.source ?? 'default', about })
    return [name, readText(name, found, problems)]
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value was read by its own setting's rule
  return { values: Object.fromEntries(entries) as Partial<Values>, settings }
}

/** The value of a text by its setting's rule; undefined, with a problem, when it is not allowed. */
export function readText<N extends SettingName>(
  name: N,
  found: Found | undefined,
  problems: string[],
): Values[N] | undefined {
  if (found === undefined) return undefined
  const { rule, secret } = settingOf(name)
  const value = rule.read(found.text)
  if (value === undefined) {
    const shape = shapeOf(found.text, secret !== undefined)
    problems.push(`${name} must be ${rule.allowed}; given is ${shape} (${found.source})`)
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table of settings pairs name and rule
  return value as Values[N] | undefined
}

function findSetting(
  name: SettingName,
  layers: readonly Layer[],
  targets: Targets,
  cwd: string,
  problems: string[],
): Found | undefined {
  if (name === 'KAFKA_BROKERS') return targets.brokers
  if (name === 'DB_DSN') return targets.dsn
  for (const layer of layers) {
    // Reading on in `.env` after a problem here would report a value that is not meant.
    const before = problems.length
    const found = findIn(layer, name, cwd, problems)
    if (found !== undefined || problems.length > before) return found
  }
  return undefined
}

function defaultOf(text: string | undefined): Found | undefined {
  return text === undefined ? undefined : { text, source: 'default' }
}
