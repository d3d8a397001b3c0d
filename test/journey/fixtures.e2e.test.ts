import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findKafkaRuntime } from '../../stack/kafka-libraries.ts'
import { canonicalText, MODEL_BYTES, OTHER_BYTES } from '../order/fixtures.ts'
import { sumsOf, waitUntilSettled } from '../recovery/books.ts'
import { placeOnSharedStack, query } from '../recovery/place.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { startProxy } from './proxy.ts'
import { run, runCommand } from './run-command.ts'

const MODEL_UID = 'b563feb7b2b84b6test'
const OTHER_UID = 'gen-20260301.7~a'

const place = await placeOnSharedStack({ after })
const proxy = await startProxy({ after }, place.dsn)
const service = await startServiceProcess({ after }, { ...place.environment, DB_DSN: proxy.via(place.dsn) })

/** With the producer that comes with Kafka: another client, in another language. */
async function produceByKafkasOwnTool(line: string, ...args: readonly string[]): Promise<void> {
  const { java, classPath } = await findKafkaRuntime(() => {})
  const tool = ['-XX:TieredStopAtLevel=1', '-cp', classPath, 'org.apache.kafka.tools.ConsoleProducer']
  const target = ['--bootstrap-server', place.brokers, '--topic', place.orders]
  const { code, stderr } = await run(java, [...tool, ...target, ...args], { input: line })
  assert.equal(code, 0, stderr)
}

async function produceByOurs(line: string): Promise<void> {
  const { code, stderr } = await runCommand('produce', ['--file', '-'], place.environment, line)
  assert.equal(code, 0, stderr)
}

function visible(uid: string): Promise<Response> {
  return waitUntil(
    async () => {
      const response = await fetch(`${service.url}/orders/${uid}`)
      return response.status === 200 && response
    },
    { deadlineMs: 10_000, what: `${uid} is visible` },
  ) as Promise<Response>
}

test('what any producer sends is read back on both routes, byte for byte in the canonical form', async () => {
  await produceByKafkasOwnTool(MODEL_BYTES.toString())
  await produceByOurs(OTHER_BYTES.toString())
  for (const [uid, bytes] of [
    [MODEL_UID, MODEL_BYTES],
    [OTHER_UID, OTHER_BYTES],
  ] as const) {
    await visible(uid)
    for (const route of ['orders', 'order']) {
      const response = await fetch(`${service.url}/${route}/${uid}`)
      assert.match(response.headers.get('content-type') ?? '', /^application\/json\b/)
      assert.equal(await response.text(), canonicalText(bytes))
    }
  }
  const other = (await (await visible(OTHER_UID)).json()) as {
    date_created: string
    delivery: { name: string }
  }
  assert.match(other.date_created, /Z$/)
  assert.equal(other.delivery.name, 'Анна Ёлкина-О’Нил')
})

test('the same orders from the other producer, compressed and with a key, change nothing and count as duplicates', async () => {
  const keyed = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=|']
  await produceByKafkasOwnTool(
    `${OTHER_UID}|${OTHER_BYTES.toString()}`,
    '--compression-codec',
    'zstd',
    ...keyed,
  )
  await produceByOurs(MODEL_BYTES.toString())
  await waitUntilSettled(place)
  const { stored, duplicates, dead_lettered } = await sumsOf(place, place.group)
  assert.deepEqual({ stored, duplicates, dead_lettered }, { stored: 2, duplicates: 2, dead_lettered: 0 })
  assert.equal(await service.metric('orders_processed_total'), 2)
})

test('a reader that has an order already gets 304 until it changes, and orders never do', async () => {
  const etag = (await visible(MODEL_UID)).headers.get('etag') ?? ''
  assert.match(etag, /^"[\w-]+"$/)
  for (const route of ['orders', 'order']) {
    const address = `${service.url}/${route}/${MODEL_UID}`
    const again = await fetch(address, { headers: { 'if-none-match': `"other", W/${etag}` } })
    assert.deepEqual([again.status, await again.text(), again.headers.get('etag')], [304, '', etag])
    const changed = await fetch(address, { headers: { 'if-none-match': '"other"' } })
    assert.equal(changed.status, 200)
  }
})

test('an unknown uid is 404, an impossible one 400, each a problem that says so', async () => {
  const cases = [
    ['nobody-has-this', 404],
    ['%D0%B6', 400],
    ['a%20b', 400],
    ['x'.repeat(129), 400],
    ['a%00', 400],
  ] as const
  for (const [uid, status] of cases) {
    const response = await fetch(`${service.url}/orders/${uid}`)
    assert.equal(response.status, status, uid)
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json\b/)
    assert.partialDeepStrictEqual(await response.json(), { status })
  }
})

test('while the database is away a read is 503 and to be tried again, never 404; then it is answered again', async () => {
  await proxy.cut()
  const away = await fetch(`${service.url}/orders/nobody-asked-for-this`)
  assert.deepEqual([away.status, away.headers.has('retry-after')], [503, true])
  assert.equal(await (await visible(MODEL_UID)).text(), canonicalText(MODEL_BYTES), 'from memory')
  assert.equal((await fetch(`${service.url}/orders/a%20b`)).status, 400)
  assert.equal((await fetch(`${service.url}/livez`)).status, 200)
  await proxy.resume()
  assert.equal(await (await visible(MODEL_UID)).text(), canonicalText(MODEL_BYTES))
  assert.equal((await fetch(`${service.url}/orders/nobody-has-this`)).status, 404)
})

test('any SQL client reads the rows', async () => {
  const sql = `select o.order_uid, d.city, p.amount, count(i.*) as items
    from orders o join delivery d using (order_uid) join payment p using (order_uid) join items i using (order_uid)
    where o.order_uid = '${MODEL_UID}' group by 1, 2, 3`
  const bySql = await run('psql', ['-XAt', '-F', '|', '-c', sql, place.dsn]).catch(() => undefined)
  if (bySql !== undefined) assert.equal(bySql.stdout.trim(), `${MODEL_UID}|Kiryat Mozkin|1817|1`)
  assert.deepEqual(await query(place.dsn, sql), [
    { order_uid: MODEL_UID, city: 'Kiryat Mozkin', amount: '1817', items: '1' },
  ])
})

test('the service stops when it is asked to, and another one serves the same bytes', async (t) => {
  assert.equal(await service.stop(), 0)
  const next = await startServiceProcess(t, place.environment)
  const response = await fetch(`${next.url}/orders/${OTHER_UID}`)
  assert.equal(await response.text(), canonicalText(OTHER_BYTES))
  const { code, stdout } = await runCommand('audit', ['--settled', '--deep'], place.environment)
  assert.equal(code, 0, stdout)
})
