import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROOT } from '../docs/markdown.ts'
import { run } from '../journey/run-command.ts'
import { without } from './tools.ts'

const OF_EACH = [
  /^ {4}read_only: true$/m,
  /^ {4}cap_drop:\n {4}- ALL$/m,
  /^ {4}- no-new-privileges:true$/m,
  /^ {4}restart: unless-stopped$/m,
]

/** Each service as `docker-compose config` writes it, with everything that was inherited filled in. */
async function services(): Promise<Map<string, string>> {
  const { code, stdout, stderr } = await run('docker-compose', ['--profile', 'zookeeper', 'config'], {
    cwd: ROOT,
  })
  assert.deepEqual([code, stderr], [0, ''])
  const section = /^services:\n([\s\S]*?)^(?=\S)/m.exec(stdout)?.[1] ?? ''
  const [, ...blocks] = section.split(/^ {2}(?=\S)/m)
  return new Map(blocks.map((block) => [block.slice(0, block.indexOf(':')), block]))
}

test(
  'compose.yaml is valid, and each container is closed as far as it can be',
  { skip: without('docker-compose') },
  async () => {
    const all = await services()
    assert.deepEqual([...all.keys()].toSorted(), [
      'grafana',
      'kafka',
      'kafka-ui',
      'kafka-zookeeper',
      'postgres',
      'producer',
      'prometheus',
      'sluice',
      'zookeeper',
    ])
    for (const [name, block] of all) {
      for (const rule of OF_EACH) assert.match(block, rule, name)
      // The image of the service brings its own.
      if (name !== 'sluice') assert.match(block, /^ {4}healthcheck:\n/m, name)
      const ports = /^ {4}ports:\n((?: {4}- .*\n)*)/m.exec(block)?.[1]?.trim().split('\n') ?? []
      for (const port of ports) assert.match(port, /^ *- 127\.0\.0\.1:\d+:\d+\/tcp$/, name)
    }
    // Else Docker would kill it while it finishes what is in flight.
    const sluice = all.get('sluice') ?? ''
    const [drainMs, graceS] = [/DRAIN_TIMEOUT_MS: '?(\d+)/, /stop_grace_period: (\d+)s/].map((value) =>
      Number(value.exec(sluice)?.[1]),
    )
    assert.ok(drainMs !== undefined && graceS !== undefined && graceS * 1000 >= drainMs + 5_000)
  },
)

for (const [what, args] of [
  ['the configuration of Prometheus and its rules are valid', ['check', 'config', 'prometheus.yml']],
  ['each alert fires when it should, and only then', ['test', 'rules', 'alerts_test.yml']],
] as const) {
  test(what, { skip: without('promtool') }, async () => {
    const { code, stdout, stderr } = await run('promtool', args, { cwd: `${ROOT}/deploy/prometheus` })
    assert.equal(code, 0, stdout + stderr)
  })
}
