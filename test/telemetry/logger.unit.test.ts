import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  countEvents,
  createLogger,
  limitRepeats,
  type Logger,
  type LogLevel,
} from '../../src/telemetry/logger.ts'

const PERSON = 'Test Testov +9720000000 test@gmail.com'

function capture(level: LogLevel = 'info', isTTY = false) {
  const lines: string[] = []
  const log = createLogger({ level, sink: { isTTY, write: (text) => lines.push(text) } })
  const only = (): Record<string, unknown> => {
    assert.equal(lines.length, 1)
    return JSON.parse(lines[0] ?? '') as Record<string, unknown>
  }
  return { log, lines, only }
}

test('an event is one JSON line with level, time, event and fields', () => {
  const { log, lines, only } = capture()
  log.warn('partition_held', { topic: 'orders', partition: 3, offset: 7n, ready: false })
  const { time, ...rest } = only()
  assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/)
  const fields = { topic: 'orders', partition: 3, offset: '7', ready: false }
  assert.deepEqual(rest, { level: 'warn', event: 'partition_held', ...fields })
  assert.match(lines[0] ?? '', /^[^\n]*\n$/)
})

test('what is below the level is not written', () => {
  const { log, lines } = capture('warn')
  log.debug('a')
  log.info('b')
  log.error('c')
  assert.equal(lines.length, 1)
})

test('a field can not replace what the line says itself', () => {
  const { log, lines } = capture()
  log.info('real', { level: 'error', time: 'never', event: 'fake' })
  assert.ok(!/fake|never|error/.test(lines[0] ?? ''))
})

test('bytes, objects and long texts are logged by size or type, never as content', () => {
  const { log, lines, only } = capture()
  log.info('record', {
    value: Buffer.from(PERSON),
    order: { name: PERSON },
    orders: [{ name: PERSON }, 1],
    long: 'x'.repeat(5_000),
    many: Array.from({ length: 500 }, () => 1),
  })
  assert.ok(!(lines[0] ?? '').includes('Testov'))
  assert.equal(only()['value'], `(${PERSON.length} bytes)`)
  assert.deepEqual(only()['orders'], ['(object)', 1])
  assert.ok((lines[0] ?? '').length < 1_500)
})

test('an error of a database keeps its code and names, and loses what quotes a value', () => {
  const { log, lines, only } = capture()
  const error = Object.assign(new Error('duplicate key value violates unique constraint "orders_pkey"'), {
    code: '23505',
    constraint: 'orders_pkey',
    table: 'orders',
    detail: `Key (name)=(${PERSON}) already exists.`,
    where: `COPY orders, line 1: "${PERSON}"`,
    hint: PERSON,
  })
  log.error('store_failed', { error })
  assert.ok(!(lines[0] ?? '').includes('Testov'))
  assert.deepEqual(only()['error'], {
    name: 'Error',
    message: error.message,
    code: '23505',
    constraint: 'orders_pkey',
    table: 'orders',
  })
})

test('what a function in the database raises is named by its code alone', () => {
  const { log, only } = capture()
  const error = Object.assign(new Error(`no order for ${PERSON}`), {
    code: 'P0001',
    routine: 'exec_stmt_raise',
  })
  log.error('store_failed', { error })
  assert.deepEqual(only()['error'], {
    name: 'Error',
    message: 'raised by a function in the database',
    code: 'P0001',
  })
})

test('an error that quotes what it could not read loses the quote', () => {
  const { log, lines } = capture()
  const invalid = Object.assign(new Error(`invalid input syntax for type bigint: "${PERSON}"`), {
    code: '22P02',
  })
  log.error('store_failed', { error: invalid })
  try {
    JSON.parse(`{"name":"${PERSON}",}`)
  } catch (error) {
    log.error('decode_failed', { error })
  }
  assert.equal(lines.length, 2)
  assert.ok(!/Testov|gmail/.test(lines.join('')))
})

test('an error of hundreds of kilobytes becomes a short line with its first cause only', () => {
  const { log, lines, only } = capture()
  const huge = 'x'.repeat(300_000)
  const first = Object.assign(new Error(`first ${huge}`, { cause: new Error('deeper') }), {
    code: 'ECONNREFUSED',
  })
  log.error('broker_failed', { error: new AggregateError([first, new Error('second')], huge) })
  assert.ok((lines[0] ?? '').length < 1_000)
  const { cause } = only()['error'] as { cause: Record<string, unknown> }
  assert.equal(cause['code'], 'ECONNREFUSED')
  assert.ok(!/deeper|second/.test(lines[0] ?? ''))
})

test('credentials in the URL of an error are masked', () => {
  const { log, lines } = capture()
  log.error('failed', { error: new Error('no route to postgres://app:hunter2@db:5432/orders') })
  assert.match(lines[0] ?? '', /postgres:\/\/\*\*\*@db:5432/)
})

test('whatever was thrown can be logged', () => {
  const { log, lines } = capture()
  for (const error of [undefined, null, PERSON, 7, { name: PERSON }, Symbol('x'), () => PERSON]) {
    log.error('failed', { error })
  }
  assert.equal(lines.length, 7)
  assert.ok(!lines.join('').includes('Testov'))
})

test('a stack is logged at level debug only, without the message', () => {
  const error = new Error(`${PERSON}\n    at nowhere`)
  const quiet = capture('info')
  quiet.log.error('failed', { error })
  assert.ok(!(quiet.lines[0] ?? '').includes('logger.unit.test'))
  const debug = capture('debug')
  debug.log.error('failed', { error })
  const { stack } = debug.only()['error'] as { stack: string }
  assert.match(stack, /logger\.unit\.test/)
  assert.ok(!stack.includes('Testov'))
})

test('a terminal gets a readable line that can not steer it', () => {
  const { log, lines } = capture('info', true)
  log.warn('partition_held', { topic: 'orders', detail: 'a \u001b[2J\u009b2J\nb', retryInMs: 500 })
  assert.match(
    lines[0] ?? '',
    /^\d\d:\d\d:\d\d WARN {2}partition held topic=orders detail="a \\u001b\[2J\\u009b2J\\nb" retryInMs=500\n$/,
  )
})

function recorder() {
  const written: string[] = []
  const write =
    (level: LogLevel) =>
    (event: string, fields?: object): void =>
      void written.push(`${level} ${event} ${JSON.stringify(fields)}`)
  const log: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  }
  return { log, written }
}

test('a class that repeats is written so often in an interval, and the next line tells how many were left out', () => {
  let now = 0
  const { log, written } = recorder()
  const limited = limitRepeats(log, { maxLines: 2, intervalMs: 1_000, nowMs: () => now })
  for (now = 0; now < 1_000; now += 100) limited.warn('held', { now })
  limited.error('other')
  limited.warn('held', { now })
  now = 2_000
  limited.warn('held', { now })
  assert.deepEqual(written, [
    'warn held {"now":0}',
    'warn held {"now":100}',
    'error other undefined',
    'warn held {"now":1000,"suppressed":8}',
    'warn held {"now":2000}',
  ])
})

test('an alarm of one partition does not hide that of another', () => {
  const { log, written } = recorder()
  const limited = limitRepeats(log, { maxLines: 1, intervalMs: 1_000, nowMs: () => 0 })
  for (const partition of [0, 0, 1, 2, 2])
    limited.error('partition_held_unreadable', { topic: 'orders', partition })
  assert.equal(written.length, 3)
  for (const partition of [0, 0, 1, 2, 2])
    limited.warn('dead_letter_produced', { topic: 'orders', partition })
  assert.equal(written.length, 4)
})

test('an event is counted also when its line is left out', () => {
  const { log, written } = recorder()
  const counted: string[] = []
  const logger = countEvents(limitRepeats(log, { maxLines: 1 }), (event) => counted.push(event))
  logger.warn('held')
  logger.warn('held')
  assert.equal(written.length, 1)
  assert.deepEqual(counted, ['held', 'held'])
})
