import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { HOLD_REASONS, type HoldReason } from '../../src/pipeline/failure.ts'
import * as labels from '../../src/telemetry/labels.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { partitionEvents } from '../../src/wiring/partition-events.ts'
import { anchorOf, headings, readPage, ROOT } from '../docs/markdown.ts'
import { alerts, dashboardQueries, matchersIn, metricsIn } from './promql.ts'

/** Prometheus makes these itself. */
const OF_PROMETHEUS = ['up', 'ALERTS']

/** Values of labels that are known; a selector that names another one would never find anything. */
const KNOWN_VALUES: Readonly<Record<string, readonly string[]>> = {
  type: labels.ERROR_TYPES,
  reason: labels.HOLD_REASONS,
  outcome: labels.OUTCOMES,
  stage: labels.STAGES,
  dependency: labels.CIRCUITS,
}

/** As they can be asked for: a histogram has three. */
async function declaredNames(): Promise<ReadonlySet<string>> {
  const text = await createMetrics({ version: 'test', runtime: true }).text()
  const names = Array.from(text.matchAll(/^# TYPE (\S+) (\w+)$/gm), ([, name = '', type]) =>
    type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  )
  return new Set([...names.flat(), ...OF_PROMETHEUS])
}

const expressions = [
  ...alerts().map(({ name, expression }) => ({ where: name, expression })),
  ...dashboardQueries(),
]

describe('the alerts and the dashboard', () => {
  it('ask for nothing that the service does not have', async () => {
    const declared = await declaredNames()
    const unknown = expressions.flatMap(({ where, expression }) =>
      metricsIn(expression)
        .filter((name) => !declared.has(name))
        .map((name) => `${where}: ${name}`),
    )
    assert.ok(expressions.length > 60)
    for (const { where, expression } of expressions) assert.ok(metricsIn(expression).length > 0, where)
    assert.deepEqual(unknown, [])
  })

  it('select by no value of a label that does not exist', () => {
    const wrong = expressions.flatMap(({ where, expression }) =>
      matchersIn(expression).flatMap(({ label, values }) => {
        const known = KNOWN_VALUES[label]
        return known === undefined
          ? []
          : values.filter((value) => !known.includes(value)).map((value) => `${where}: ${value}`)
      }),
    )
    assert.deepEqual(wrong, [])
  })
})

describe('SluicePartitionNeedsSomebody', () => {
  it('is about the reasons that are logged as errors, but for the one that has an alert of its own', () => {
    const { expression = '' } = alerts().find(({ name }) => name === 'SluicePartitionNeedsSomebody') ?? {}
    const excluded = matchersIn(expression).flatMap(({ values }) => values)
    const included = labels.HOLD_REASONS.filter((reason) => !excluded.includes(reason))
    assert.deepEqual([...included, 'log_diverged'].toSorted(), HOLD_REASONS.filter(isError).toSorted())
  })
})

/** Whether a partition that is held for this reason is logged as an error. */
function isError(reason: HoldReason): boolean {
  let error = false
  const quiet = (): void => {}
  const log = { debug: quiet, info: quiet, warn: quiet, error: () => void (error = true) }
  const events = partitionEvents(log, createMetrics({ version: 'test' }), { add: quiet, report: quiet })
  events.held({ consumerGroup: 'g', topic: 't', partition: 0 }, reason, new Error('x'), 1)
  return error
}

describe('each alert', () => {
  const operations = headings(readPage('docs/OPERATIONS.md')).map(anchorOf)
  const tests = readFileSync(`${ROOT}/deploy/prometheus/alerts_test.yml`, 'utf8').split(/^ {2}- name: /m)

  for (const { name, source } of alerts()) {
    it(`${name} has a severity, a time, a summary and a runbook that is there`, () => {
      assert.match(source, /^ +for: \d+[ms]$/m)
      assert.match(source, /^ +labels: \{ severity: (critical|warning) \}$/m)
      assert.match(source, /^ +summary: \S/m)
      const anchor = /^ +runbook_url: docs\/OPERATIONS\.md#(\S+)$/m.exec(source)?.[1] ?? ''
      assert.ok(operations.includes(anchor), anchor)
    })

    it(`${name} is shown to fire, and not to`, () => {
      const ours = tests.filter((one) => one.includes(`alertname: ${name}\n`))
      assert.ok(ours.some((one) => one.includes('exp_labels')))
      assert.ok(ours.some((one) => one.includes('exp_alerts: []')))
    })
  }
})

describe('reading PromQL', () => {
  for (const [expression, names] of [
    [
      'sum without (instance, pod) (increase(a_total{b=~"c|d"}[1h])) > 0 or (e unless e offset 1h)',
      ['a_total', 'e', 'e'],
    ],
    [
      'histogram_quantile(0.5, sum by (le, stage) (rate(x_bucket{job=~"$job"}[$__rate_interval])))',
      ['x_bucket'],
    ],
    ['time() - max(t{a="s(x) and y"} > 0) and on (job) u > 3 * 86400', ['t', 'u']],
    ['a * on (job) group_left (version) b * 1000', ['a', 'b']],
  ] as const) {
    it(`finds the metrics of ${expression}`, () => assert.deepEqual(metricsIn(expression), names))
  }

  it('finds what selectors ask for', () => {
    assert.deepEqual(matchersIn('x{a=~"b|c", d!="e", f="$g"}'), [
      { label: 'a', values: ['b', 'c'] },
      { label: 'd', values: ['e'] },
    ])
  })
})
