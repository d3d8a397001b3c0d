import { isIPv4, isIPv6 } from 'node:net'

/** What a setting's text may be, in words for the error, and how it becomes a value. */
export interface Rule<T> {
  readonly allowed: string
  /** Undefined means that the text is not allowed. */
  readonly read: (text: string) => T | undefined
}

export interface HttpAddress {
  /** Undefined means every address of this machine. */
  readonly host: string | undefined
  /** 0 lets the system choose. */
  readonly port: number
}

export function wholeNumber(min: number, max: number): Rule<number> {
  return {
    allowed: `a whole number from ${min} to ${max}`,
    read: (text) => {
      if (!/^\d{1,15}$/.test(text)) return undefined
      const value = Number(text)
      return value >= min && value <= max ? value : undefined
    },
  }
}

export function oneOf<const T extends string>(...names: readonly T[]): Rule<T> {
  return {
    allowed: names.length === 1 ? `nothing or ${names[0]}` : `one of ${names.join(', ')}`,
    read: (text) => names.find((name) => name === text),
  }
}

export function setOf<const T extends string>(...names: readonly T[]): Rule<ReadonlySet<T>> {
  return {
    allowed: `a comma-separated choice of ${names.join(', ')}`,
    read: (text) => {
      const given = splitList(text).map((part) => names.find((name) => name === part))
      const known = given.filter((name) => name !== undefined)
      return known.length === given.length ? frozenSet(known) : undefined
    },
  }
}

export const yesOrNo: Rule<boolean> = {
  allowed: 'true or false',
  read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
}

/** Kafka's own rule for topic names. */
export const topicName: Rule<string> = {
  allowed: 'a Kafka topic name: 1 to 249 of the characters A-Z a-z 0-9 . _ -, not . or ..',
  read: (text) => (/^[\w.-]{1,249}$/.test(text) && text !== '.' && text !== '..' ? text : undefined),
}

/** Shorter than Kafka allows, because each role adds its own ending to it. */
export const groupId: Rule<string> = {
  allowed: '1 to 200 of the characters A-Z a-z 0-9 . _ -',
  read: (text) => (/^[\w.-]{1,200}$/.test(text) ? text : undefined),
}

export const brokerList: Rule<readonly string[]> = {
  allowed: 'host:port, several of them separated by commas',
  read: (text) => {
    const brokers = splitList(text)
    return brokers.every(isHostAndPort) ? Object.freeze(brokers) : undefined
  },
}

/** A database has to be named: the driver would otherwise fall back to one that is named like the user. */
export const databaseUrl: Rule<string> = {
  allowed:
    'postgres://user:password@host:port/database (percent-encode what is not a letter or digit in user and password)',
  read: (text) => {
    if (!/^postgres(ql)?:\/\//.test(text) || /\s/.test(text)) return undefined
    // A Unix socket has no host in the URL: postgres://user@/database?host=/run/postgresql
    const url = URL.parse(text) ?? URL.parse(text.replace('@/', '@localhost/'))
    return url !== null && /^\/[^/]+$/.test(url.pathname) ? text : undefined
  },
}

export const httpAddress: Rule<HttpAddress> = {
  allowed: 'host:port, [IPv6]:port, or :port for every address; port 0 to 65535',
  read: (text) => {
    const parts = /^(\[[^\]]*\]|[A-Za-z0-9._-]*):(\d{1,5})$/.exec(text)
    const [, host = '', port = ''] = parts ?? []
    if (parts === null || Number(port) > 65_535) return undefined
    if (host === '') return { host: undefined, port: Number(port) }
    return isHost(host) ? { host: host.replace(/^\[|\]$/g, ''), port: Number(port) } : undefined
  },
}

/** Goes into a header as it is, so it holds nothing that a header can't. */
export const token: Rule<string> = {
  allowed: '16 to 512 visible ASCII characters without white space',
  read: (text) => (/^[\x21-\x7e]{16,512}$/.test(text) ? text : undefined),
}

export const anyText: Rule<string> = {
  allowed: 'a text',
  read: (text) => text,
}

/** Says enough about a rejected text to find the mistake, and nothing that would give a secret away. */
export function shapeOf(text: string, secret: boolean): string {
  const count = Array.from(text).length
  const length = `${count} character${count === 1 ? '' : 's'}`
  if (text.trim() === '') return `only white space (${length})`
  if (!secret) {
    if (/^-\d+$/.test(text)) return 'a negative number'
    if (/^\d+$/.test(text)) return `a whole number of ${count} digit${count === 1 ? '' : 's'}`
    if (/^-?\d*\.\d+$/.test(text)) return 'a number with a fraction'
  }
  return `a text of ${length}${text === text.trim() ? '' : ', with white space around it'}`
}

/** Addresses that only this machine can reach. What merely looks like one is not: it may be a name. */
export function isLoopback(host: string | undefined): boolean {
  if (host === undefined) return false
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

function isHostAndPort(text: string): boolean {
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]+):(\d{1,5})$/.exec(text) ?? []
  return isHost(host) && Number(port) >= 1 && Number(port) <= 65_535
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return isIPv6(host.slice(1, -1))
  if (/^[\d.]+$/.test(host)) return isIPv4(host)
  return /^[A-Za-z0-9_]([A-Za-z0-9._-]{0,252})$/.test(host)
}

function splitList(text: string): string[] {
  return text.split(',').map((part) => part.trim())
}

/** Freezing a Set leaves its content open, so its writing methods are taken away. */
function frozenSet<T>(values: readonly T[]): ReadonlySet<T> {
  const refuse = (): never => {
    throw new TypeError('the configuration is read only')
  }
  return Object.freeze(Object.assign(new Set(values), { add: refuse, delete: refuse, clear: refuse }))
}
