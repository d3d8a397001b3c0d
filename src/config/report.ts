import type { Setting } from './settings.ts'

/** One line of `--print-config`. Holds no secret. */
export interface SettingReport {
  readonly name: string
  /** As it was written, secrets masked; undefined when it is not set. */
  readonly value: string | undefined
  readonly source: string
  readonly about: string
}

const MASK = '***'
const SECRET_PARAMETER = /pass|secret|token|key/i

/** The text of a setting with what is secret about it masked. */
export function masked(text: string, secret: Setting<unknown>['secret']): string {
  if (secret === undefined) return text
  return secret === 'whole' ? MASK : maskUrl(text)
}

/** One line for each setting: name, value, source. */
export function describeSettings(settings: readonly SettingReport[]): string {
  const rows = settings.map(({ name, value, source }) => [name, value ?? '(not set)', source] as const)
  const nameWidth = Math.max(...rows.map(([name]) => name.length))
  const valueWidth = Math.max(...rows.map(([, value]) => value.length))
  return rows
    .map(([name, value, source]) => `${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${source}\n`)
    .join('')
}

/** Works on the text, so that nothing slips through in a form that a URL parser would normalise away. */
function maskUrl(text: string): string {
  const [beforeHash = '', ...hash] = text.split('#')
  const [location = '', ...query] = beforeHash.split('?')
  const withoutPassword = location.replace(/^(\w+:\/\/)([^/]*)@/, (_, scheme: string, user: string) => {
    const [name = '', ...password] = user.split(':')
    return `${scheme}${name}${password.length > 0 ? `:${MASK}` : ''}@`
  })
  const parameters = query.join('?').split('&').map(maskParameter).join('&')
  return withoutPassword + (query.length > 0 ? `?${parameters}` : '') + (hash.length > 0 ? `#${MASK}` : '')
}

function maskParameter(parameter: string): string {
  const [name = '', ...value] = parameter.split('=')
  return value.length > 0 && SECRET_PARAMETER.test(decoded(name)) ? `${name}=${MASK}` : parameter
}

/** A name that can't be decoded counts as a secret's. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return 'secret'
  }
}
