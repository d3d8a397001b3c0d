import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { createDatabase, sharedStack, uniqueName } from '../stack-under-test.ts'
import { runCommand } from './run-command.ts'

const NOWHERE = '127.0.0.1:1'

/** Topics of its own, so that a service that does start disturbs nobody. */
function topics(): Record<string, string> {
  const name = uniqueName('configuration')
  return {
    KAFKA_TOPIC: name,
    RETRY_TOPIC: `${name}-retry`,
    DLQ_TOPIC: `${name}-dlq`,
    HTTP_ADDR: '127.0.0.1:0',
  }
}

test('every mistake in the configuration is told at once, without its value, and nothing is begun', async () => {
  const { code, stdout, stderr } = await runCommand('serve', [], {
    KAFKA_BROKERS: 'planted',
    DB_DSN: 'mysql://planted',
    CACHE_MB: '-1',
    RETRY_MAX: 'planted',
    ROLES: 'orders,planted',
    HTTP_ADDR: 'planted',
    ADMIN_TOKEN: 'planted',
  })
  assert.deepEqual([code, stdout], [2, ''])
  for (const name of [
    'KAFKA_BROKERS',
    'DB_DSN',
    'CACHE_MB',
    'RETRY_MAX',
    'ROLES',
    'HTTP_ADDR',
    'ADMIN_TOKEN',
  ])
    assert.match(stderr, new RegExp(`^- ${name} must be `, 'm'))
  assert.doesNotMatch(stderr, /planted/)
})

test('one target alone is refused, and so is none', async () => {
  const { brokers, dsn } = sharedStack()
  const targets = [{ KAFKA_BROKERS: brokers }, { DB_DSN: dsn }, {}]
  const runs = targets.flatMap((env) => ['serve', 'audit'].map((command) => runCommand(command, [], env)))
  for (const { code, stderr } of await Promise.all(runs)) {
    assert.equal(code, 2)
    assert.match(stderr, /(KAFKA_BROKERS|DB_DSN) is not set in the environment/)
  }
})

test('what can not be reached is 3, and named', async (t) => {
  const { brokers } = sharedStack()
  const dsn = await createDatabase(t)
  const noBroker = { KAFKA_BROKERS: NOWHERE, DB_DSN: dsn, ...topics() }
  const noDatabase = {
    KAFKA_BROKERS: brokers,
    DB_DSN: `postgresql://user:planted@${NOWHERE}/orders`,
    ...topics(),
  }
  const [served, unserved, migrated, audited] = await Promise.all([
    runCommand('serve', [], noBroker),
    runCommand('serve', [], noDatabase),
    runCommand('migrate', [], noDatabase),
    runCommand('audit', [], noDatabase),
  ])
  assert.equal(served.code, 3)
  assert.match(served.stderr, /^can't use Kafka at 127\.0\.0\.1:1: /m)
  for (const { code, stderr } of [unserved, migrated, audited]) {
    assert.equal(code, 3)
    assert.match(stderr, /^can't use PostgreSQL at 127\.0\.0\.1:1\/orders: ECONNREFUSED/m)
    assert.doesNotMatch(stderr, /planted/)
  }
})

test('an empty database is refused when nobody is to migrate it, with what to do', async (t) => {
  const { brokers } = sharedStack()
  const environment = { KAFKA_BROKERS: brokers, DB_DSN: await createDatabase(t), ...topics() }
  const { code, stderr } = await runCommand('serve', [], { ...environment, MIGRATE: 'off' })
  assert.equal(code, 3)
  assert.match(stderr, /run `npm run migrate`, or start with MIGRATE=auto/)
  const migrated = await runCommand('migrate', [], environment)
  const files = readdirSync(new URL('../../migrations', import.meta.url))
  assert.deepEqual([migrated.code, migrated.stdout.trim().split('\n').length], [0, files.length])
  const again = await runCommand('migrate', [], environment)
  assert.deepEqual([again.code, again.stdout, again.stderr], [0, '', 'nothing to do\n'])
})

test('the configuration is printed with its sources, and its secrets masked', async () => {
  const { code, stdout, stderr } = await runCommand('serve', ['--print-config'], {
    KAFKA_BROKERS: NOWHERE,
    DB_DSN: 'postgresql://user:planted@db.example/orders?sslpassword=planted',
    ADMIN_TOKEN: 'planted-planted-planted',
    READ_TOKEN: 'planted-planted-planted-2',
    KAFKA_TLS: 'true',
    KAFKA_SASL_MECHANISM: 'PLAIN',
    KAFKA_SASL_USERNAME: 'user',
    KAFKA_SASL_PASSWORD: 'planted',
  })
  assert.equal(code, 0, stderr)
  assert.match(
    stdout,
    /^DB_DSN +postgresql:\/\/user:\*\*\*@db\.example\/orders\?sslpassword=\*\*\* +environment$/m,
  )
  assert.match(stdout, /^ADMIN_TOKEN +\*\*\* +environment$/m)
  assert.match(stdout, /^KAFKA_TOPIC +orders +default$/m)
  assert.doesNotMatch(stdout + stderr, /planted/)
})
