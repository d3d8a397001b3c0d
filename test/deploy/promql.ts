import { readFileSync } from 'node:fs'
import { ROOT } from '../docs/markdown.ts'

/** One `label="value"` of a selector; a regular expression of alternatives gives all of them. */
interface Matcher {
  readonly label: string
  readonly values: readonly string[]
}

const TEXT = /"(?:\\.|[^"\\])*"/g
const SELECTOR = /\{[^{}]*\}/g
const LABEL_LIST = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)/g
const WORDS = new Set(['and', 'or', 'unless', 'offset', 'bool', 'group_left', 'group_right'])

/** Names of metrics in an expression of PromQL. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replace(TEXT, '""')
    .replace(SELECTOR, ' ')
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(LABEL_LIST, ' ')
  // What is followed by a parenthesis is a function, or an aggregation.
  const names = Array.from(
    bare.matchAll(/(?<![\w.$])([a-zA-Z_:][\w:]*)(?!\w)(?!\s*\()/g),
    ([, name = '']) => name,
  )
  return names.filter((name) => !WORDS.has(name))
}

/** What selectors ask of labels; those that hold a variable are left out. */
export function matchersIn(expression: string): Matcher[] {
  return Array.from(expression.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g))
    .filter(([, , text = '']) => !text.includes('$'))
    .map(([, label = '', text = '']) => ({ label, values: text.split('|') }))
}

export interface Alert {
  readonly name: string
  readonly expression: string
  /** The text of the whole rule. */
  readonly source: string
}

/** The alerts of deploy/prometheus/alerts.yml, as they stand there. */
export function alerts(): Alert[] {
  const [, ...rules] = readFileSync(`${ROOT}/deploy/prometheus/alerts.yml`, 'utf8').split(/^ +- alert: /m)
  return rules.map((source) => ({
    name: /^\w+/.exec(source)?.[0] ?? '',
    expression: /^ +expr: (?:>-\n)?([\s\S]*?)^ +for: /m.exec(source)?.[1]?.trim() ?? '',
    source,
  }))
}

export interface Query {
  /** Title of the panel, or name of the annotation or variable. */
  readonly where: string
  readonly expression: string
  /** Labels that the legend shows. */
  readonly labels: readonly string[]
}

/** All that the dashboard asks, wherever it stands. */
export function dashboardQueries(): Query[] {
  const dashboard: unknown = JSON.parse(readFileSync(`${ROOT}/deploy/grafana/dashboards/sluice.json`, 'utf8'))
  return queriesIn(dashboard, 'dashboard')
}

function queriesIn(value: unknown, where: string): Query[] {
  if (Array.isArray(value)) return value.flatMap((each) => queriesIn(each, where))
  if (typeof value !== 'object' || value === null) return []
  const member = (name: string): unknown => (value as Record<string, unknown>)[name]
  const title = member('title') ?? member('name')
  const here = typeof title === 'string' ? title : where
  const expression = member('expr')
  if (typeof expression !== 'string') {
    return Object.values(value).flatMap((each: unknown) => queriesIn(each, here))
  }
  const legend = JSON.stringify([member('legendFormat'), member('titleFormat')])
  const labels = Array.from(legend.matchAll(/\{\{(\w+)\}\}/g), ([, label = '']) => label)
  return [{ where: here, expression, labels }]
}
