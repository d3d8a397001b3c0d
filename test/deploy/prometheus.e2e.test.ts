import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startLoad } from '../recovery/load.ts'
import { placeOnSharedStack } from '../recovery/place.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { startPrometheus } from './prometheus-under-test.ts'
import { alerts, dashboardQueries, type Query } from './promql.ts'
import { without } from './tools.ts'

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly name: string
      readonly state: string
      readonly health: string
      readonly lastError?: string
    }[]
  }[]
}

/** As Grafana would fill in its variables. */
function filled(expression: string): string {
  return expression
    .replaceAll('$__rate_interval', '5s')
    .replaceAll('$job', '.+')
    .replaceAll('$instance', '.+')
}

/** Panels leave out what did not happen. Here it is wanted, to see that it would be found. */
function withoutFilter({ expression }: Query): string {
  return filled(expression).replace(/ > 0$/, '')
}

test(
  'Prometheus reads the service, every query of the dashboard finds something, and alerts see when it goes',
  { skip: without('prometheus') },
  async (t) => {
    const place = await placeOnSharedStack(t)
    const service = await startServiceProcess(t, place.environment)
    const load = startLoad(t, place, {
      seed: 'prometheus',
      rate: 50,
      shares: { invalid: 0.04, duplicate: 0.1, conflict: 0.02 },
    })
    const prometheus = await startPrometheus(t, service.url)

    const rate = 'sum(rate(orders_processed_total[5s]))'
    await waitUntil(async () => Number((await prometheus.query(rate))[0]?.value[1]) > 0, {
      deadlineMs: 20_000,
      what: 'Prometheus sees orders flow',
    })
    assert.deepEqual(
      (await prometheus.query('up{job="sluice"}')).map(({ value }) => value[1]),
      ['1'],
    )

    const queries = dashboardQueries().filter(({ expression }) => !expression.includes('ALERTS'))
    assert.ok(queries.length > 40)
    for (const query of queries) {
      // Refused as it stands? And does it find anything, with every label that the legend shows?
      await prometheus.query(filled(query.expression))
      const found = await waitUntil(
        async () => {
          const series = await prometheus.query(withoutFilter(query))
          return series.length > 0 ? series : undefined
        },
        { deadlineMs: 5_000, what: `${query.where}: ${query.expression} finds something` },
      )
      for (const label of query.labels) {
        assert.ok(
          found.every(({ metric }) => metric[label] !== undefined),
          `${query.where}: ${label}`,
        )
      }
    }

    const rules = async () =>
      (await prometheus.ask<Rules>('rules?type=alert')).groups.flatMap((group) => group.rules)
    const evaluated = await waitUntil(
      async () => {
        const all = await rules()
        return all.every(({ health }) => health !== 'unknown') ? all : undefined
      },
      { deadlineMs: 5_000, what: 'every alert was evaluated' },
    )
    assert.deepEqual(
      evaluated.map(({ name }) => name).toSorted(),
      alerts()
        .map(({ name }) => name)
        .toSorted(),
    )
    for (const { name, state, health, lastError = '' } of evaluated) {
      assert.deepEqual([name, health, lastError, state], [name, 'ok', '', 'inactive'])
    }

    await load.stop()
    assert.equal(await service.stop(), 0)
    await waitUntil(
      async () => {
        const pending = (await rules()).filter(({ state }) => state === 'pending').map(({ name }) => name)
        return ['SluiceAbsent', 'SluiceInstanceDown'].every((name) => pending.includes(name))
      },
      { deadlineMs: 10_000, what: 'the alerts see that the service is gone' },
    )
  },
)
