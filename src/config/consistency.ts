import type { KafkaTls } from './config.ts'
import { intendedSetting } from './near-names.ts'
import { isLoopback } from './rules.ts'
import type { Values } from './settings.ts'
import { readNamedFile, type Layer } from './sources.ts'

/** Settings that are allowed each for itself, but not together. A setting may be missing: it was wrong. */
type Check = (values: Partial<Values>) => string | undefined

const CHECKS: readonly Check[] = [
  ({ KAFKA_TOPIC, RETRY_TOPIC, DLQ_TOPIC }) => {
    const topics = [KAFKA_TOPIC, RETRY_TOPIC, DLQ_TOPIC].filter((topic) => topic !== undefined)
    // A broker refuses a topic whose name differs from another's only there.
    const distinct = new Set(topics.map((topic) => topic.replaceAll('.', '_')))
    return distinct.size === topics.length
      ? undefined
      : 'KAFKA_TOPIC, RETRY_TOPIC and DLQ_TOPIC must be three different topics (to Kafka, . and _ are the same)'
  },
  ({ RETRY_BASE_MS = 0, RETRY_CAP_MS = RETRY_BASE_MS }) =>
    RETRY_BASE_MS <= RETRY_CAP_MS ? undefined : 'RETRY_BASE_MS must not be above RETRY_CAP_MS',
  ({ HTTP_ADDR, ADMIN_TOKEN, READ_TOKEN, ALLOW_ANONYMOUS }) =>
    HTTP_ADDR === undefined || isLoopback(HTTP_ADDR.host) || ADMIN_TOKEN || READ_TOKEN || ALLOW_ANONYMOUS
      ? undefined
      : 'HTTP_ADDR can be reached from other machines: set READ_TOKEN and ADMIN_TOKEN, or let anybody read with ALLOW_ANONYMOUS=reads',
  ({ READ_TOKEN, ALLOW_ANONYMOUS }) =>
    READ_TOKEN && ALLOW_ANONYMOUS ? 'READ_TOKEN and ALLOW_ANONYMOUS=reads contradict each other' : undefined,
  ({ READ_TOKEN, ADMIN_TOKEN }) =>
    READ_TOKEN !== undefined && READ_TOKEN === ADMIN_TOKEN
      ? 'READ_TOKEN and ADMIN_TOKEN must differ, or every reader could make changes'
      : undefined,
  ({ KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD }) => {
    const given = [KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD].filter(Boolean).length
    return given === 0 || given === 3
      ? undefined
      : 'KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD go together'
  },
  ({ KAFKA_TLS, KAFKA_TLS_CA_FILE, KAFKA_TLS_CERT_FILE, KAFKA_TLS_KEY_FILE }) =>
    KAFKA_TLS === false && (KAFKA_TLS_CA_FILE || KAFKA_TLS_CERT_FILE || KAFKA_TLS_KEY_FILE)
      ? 'KAFKA_TLS must be true when one of its files is set, or the connection would not be encrypted'
      : undefined,
  ({ KAFKA_TLS_CERT_FILE, KAFKA_TLS_KEY_FILE }) =>
    (KAFKA_TLS_CERT_FILE === undefined) === (KAFKA_TLS_KEY_FILE === undefined)
      ? undefined
      : 'KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE go together',
]

export function contradictions(values: Partial<Values>): string[] {
  return CHECKS.map((check) => check(values)).filter((problem) => problem !== undefined)
}

/** What is allowed but is probably not what was meant. */
export function warningsOf(values: Partial<Values>, layers: readonly Layer[]): string[] {
  const typos = layers.flatMap(({ label, texts }) =>
    [...texts.keys()].flatMap((name) => {
      const meant = intendedSetting(name)
      return meant === undefined ? [] : [`${name} (${label}) is not read; did you mean ${meant}?`]
    }),
  )
  return values.KAFKA_SASL_MECHANISM === 'PLAIN' && values.KAFKA_TLS === false
    ? [...typos, 'KAFKA_SASL_MECHANISM=PLAIN without KAFKA_TLS=true sends the password readable to anybody']
    : typos
}

/** Reads the files of the TLS settings; undefined without TLS. */
export function readTls(values: Partial<Values>, cwd: string, problems: string[]): KafkaTls | undefined {
  if (values.KAFKA_TLS !== true) return undefined
  const pem = (name: 'KAFKA_TLS_CA_FILE' | 'KAFKA_TLS_CERT_FILE' | 'KAFKA_TLS_KEY_FILE') => {
    const path = values[name]
    const text = path === undefined ? undefined : readNamedFile(name, path, cwd, problems)
    if (text === undefined || text.includes('-----BEGIN ')) return text
    problems.push(`${name} must name a PEM file (one that holds "-----BEGIN ...")`)
    return undefined
  }
  const [ca, cert, key] = [pem('KAFKA_TLS_CA_FILE'), pem('KAFKA_TLS_CERT_FILE'), pem('KAFKA_TLS_KEY_FILE')]
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}
