import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Admin } from '@platformatic/kafka'
import { startServiceProcess } from '../service-under-test.ts'
import { sharedStack } from '../stack-under-test.ts'
import { readAudit, runAudit } from './run-audit.ts'
import {
  DEAD_LETTERS,
  execute,
  ORDERS,
  produce,
  RECORDS,
  settleRecords,
  type Environment,
} from './settled-records.ts'

const undo: (() => void | Promise<void>)[] = []
const afterwards = { after: (step: () => void | Promise<void>) => void undo.unshift(step) }
let environment: Environment

before(async () => {
  environment = await settleRecords(afterwards, 'orders,http')
})

after(async () => {
  for (const step of undo) await step()
})

test('dead letters that wait to be archived are a lag and no fault', async () => {
  const { code, partitions, identities } = await readAudit(environment, '--deep')
  assert.equal(code, 0)
  const waiting = partitions.filter((partition) => partition.topic === environment['DLQ_TOPIC'])
  assert.equal(
    waiting.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    5,
  )
  assert.deepEqual(identities?.checked, { records: RECORDS, orders: ORDERS, deadLetters: 0 })
})

test('what does not settle in time fails an audit that was asked to wait for it', async () => {
  const { code, off } = await readAudit(environment, '--settled', '--timeout', '1')
  assert.deepEqual([code, off], [1, ['settled']])
})

test('dead letters that somebody else produced are no fault, whatever source they claim', async () => {
  const claim = (name: string, value: string) => [Buffer.from(name), Buffer.from(value)] as const
  const claims = [
    claim('source-topic', 'elsewhere'),
    claim('source-topic-id', '99999999-9999-4999-8999-999999999999'),
    claim('source-partition', '0'),
    claim('source-offset', '7'),
  ]
  const foreign = { topic: environment['DLQ_TOPIC'] ?? '', key: null, value: Buffer.from('x') }
  await produce([
    { ...foreign, headers: [] },
    { ...foreign, headers: claims },
  ])
  const service = await startServiceProcess(afterwards, { ...environment, ROLES: 'dead-letters,http' })
  const { code, off, identities } = await readAudit(environment, '--deep', '--settled')
  assert.deepEqual([code, off, identities?.findings], [0, [], []])
  assert.equal(identities?.checked.deadLetters, DEAD_LETTERS + 2)
  await service.stop()
})

test('the report ends with the answer, and a deep one says what was compared', async () => {
  const { code, stdout } = await runAudit(environment, '--deep')
  assert.equal(code, 0)
  assert.match(stdout, /Compared 46 records, 40 orders and 7 dead letters\.\n\nBALANCED\n$/)
})

test('rows whose records Kafka deleted after they were settled are counted as not verifiable', async () => {
  const [first] = await execute<{ count: number; end: number }>(
    environment.DB_DSN,
    `select count(*)::int as count, max(source_offset)::int + 1 as end from orders where source_partition = 0`,
  )
  assert.ok(first)
  const { count, end } = first
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: sharedStack().brokers.split(',') })
  await admin.deleteRecords({
    topics: [{ name: environment['KAFKA_TOPIC'] ?? '', partitions: [{ partition: 0, offset: BigInt(end) }] }],
  })
  await admin.close()
  const { code, identities, notes } = await readAudit(environment, '--deep')
  assert.equal(code, 0)
  assert.equal(identities?.notVerifiable.orders, count)
  assert.match(notes.join(), new RegExp(`${count} orders could not be compared with their record`))
})

test('what can not be reached, and what can not be understood, have exit codes of their own', async () => {
  const nowhere = await runAudit({ ...environment, KAFKA_BROKERS: '127.0.0.1:1' })
  assert.equal(nowhere.code, 3)
  assert.match(nowhere.stderr, /Kafka at 127\.0\.0\.1:1 gives no answer/)
  assert.equal((await runAudit({ ...environment, DB_DSN: 'postgresql://a:b@127.0.0.1:1/c' })).code, 3)
  assert.equal((await runAudit({ ...environment, DB_DSN: sharedStack().dsn })).code, 3)
  assert.equal((await runAudit(environment, '--timeout', 'soon')).code, 2)
})
