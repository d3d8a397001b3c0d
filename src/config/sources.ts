import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { intendedSetting } from './near-names.ts'
import { settingOf, type SettingName } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>
export type Need = 'kafka' | 'database'

/** A place that settings come from. An empty text counts as not set, as compose files leave it. */
export interface Layer {
  readonly label: 'environment' | '.env'
  readonly texts: ReadonlyMap<string, string>
}

export interface Found {
  readonly text: string
  /** Where it was found, for people. */
  readonly source: string
}

export interface Targets {
  readonly source: 'environment' | '.env' | 'stack' | 'none'
  readonly brokers?: Found
  readonly dsn?: Found
}

export const STACK_FILE = '.stack/stack.json'
const TARGET_OF = { kafka: 'KAFKA_BROKERS', database: 'DB_DSN' } as const satisfies Record<Need, SettingName>
const TARGET_NAMES: readonly SettingName[] = Object.values(TARGET_OF)

/** The environment before `.env`. */
export function readLayers(env: Environment, cwd: string, problems: string[]): Layer[] {
  const file = readIfPresent(join(cwd, '.env'), problems)
  return [layer('environment', env), layer('.env', file === undefined ? {} : parseEnv(file))]
}

/** Finds a setting in one layer, following the `_FILE` twin of a secret. */
export function findIn(from: Layer, name: SettingName, cwd: string, problems: string[]): Found | undefined {
  const text = from.texts.get(name)
  if (settingOf(name).secret === undefined) return found(text, from.label)
  const twin = `${name}_FILE`
  const path = from.texts.get(twin)
  if (path === undefined) return found(text, from.label)
  if (text !== undefined) {
    problems.push(`${name} and ${twin} are both set (${from.label}): keep one of them`)
    return undefined
  }
  const content = readNamedFile(twin, path, cwd, problems)
  return found(content?.replace(/[\r\n]+$/, ''), `file (${twin}, ${from.label})`)
}

/**
 * Chooses the one place that both targets come from: the first that names either of them. Taking one from
 * here and the other from there would let a typo write the orders of one system into another's database.
 * Problems name what is needed and missing there.
 */
export function chooseTargets(
  layers: readonly Layer[],
  cwd: string,
  need: readonly Need[],
  problems: string[],
): Targets {
  for (const from of layers) {
    const present = TARGET_NAMES.filter((name) => isNamed(from, name))
    const typos = [...from.texts.keys()].filter(isMeantAsTarget)
    if (present.length === 0 && typos.length === 0) continue
    const instead = [...present, ...typos.map((name) => `${name} (a typo?)`)]
    const missing = need.map((target) => TARGET_OF[target]).filter((name) => !present.includes(name))
    for (const name of missing) problems.push(lonelyTarget(name, instead, from.label))
    const brokers = findIn(from, TARGET_OF.kafka, cwd, problems)
    const dsn = findIn(from, TARGET_OF.database, cwd, problems)
    return { source: from.label, ...(brokers && { brokers }), ...(dsn && { dsn }) }
  }
  return readStackFile(cwd, need, problems)
}

/** Reads a file that a setting names. A relative path starts at the working directory. */
export function readNamedFile(
  setting: string,
  path: string,
  cwd: string,
  problems: string[],
): string | undefined {
  try {
    const content = readFileSync(resolve(cwd, path), 'utf8')
    if (content.trim() !== '') return content
    problems.push(`${setting} names an empty file`)
  } catch (error) {
    problems.push(`${setting} must name a readable file (${codeOf(error)})`)
  }
  return undefined
}

function readStackFile(cwd: string, need: readonly Need[], problems: string[]): Targets {
  const content = readIfPresent(join(cwd, STACK_FILE), problems)
  if (content === undefined) return { source: 'none' }
  const stack = parseMembers(content)
  const brokers = found(stack.get('brokers'), STACK_FILE)
  const dsn = found(stack.get('dsn'), STACK_FILE)
  if ((need.includes('kafka') && !brokers) || (need.includes('database') && !dsn)) {
    problems.push(
      `${STACK_FILE} is damaged: it must hold the texts "brokers" and "dsn"; start the stack again`,
    )
  }
  return { source: 'stack', ...(brokers && { brokers }), ...(dsn && { dsn }) }
}

function lonelyTarget(missing: SettingName, instead: readonly string[], label: string): string {
  return (
    `${missing} is not set in the ${label === '.env' ? 'file .env' : label}, but there is ${instead.join(' and ')}: ` +
    'set both targets there, or neither (a typo must not write into the wrong database)'
  )
}

/** Whether a name that is not read was probably meant to be a target. */
function isMeantAsTarget(name: string): boolean {
  const meant = intendedSetting(name)
  return meant !== undefined && TARGET_NAMES.includes(meant)
}

function isNamed(from: Layer, name: SettingName): boolean {
  return from.texts.has(name) || (settingOf(name).secret !== undefined && from.texts.has(`${name}_FILE`))
}

function layer(label: Layer['label'], texts: Environment): Layer {
  const set = Object.entries(texts).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return { label, texts: new Map(set) }
}

function found(text: unknown, source: string): Found | undefined {
  return typeof text === 'string' && text !== '' ? { text, source } : undefined
}

function readIfPresent(path: string, problems: string[]): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') problems.push(`${path} can't be read (${codeOf(error)})`)
    return undefined
  }
}

/** The members of a JSON object; none when it is not one. */
function parseMembers(json: string): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(json)
    return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
  } catch {
    return new Map()
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
