import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldPartition, holdReason, type HoldReason } from '../../src/pipeline/failure.ts'

function coded(code: string): Error {
  return Object.assign(new Error('with a code'), { code })
}

const REASONS: ReadonlyArray<readonly [what: string, error: unknown, reason: HoldReason]> = [
  ['a reason that is known where it was thrown', new HoldPartition('log_diverged', 'cut'), 'log_diverged'],
  ['a refused connection', coded('ECONNREFUSED'), 'database_unreachable'],
  ['a connection that was reset', coded('ECONNRESET'), 'database_unreachable'],
  ['a connection that timed out', coded('ETIMEDOUT'), 'database_unreachable'],
  ['a name that is not found', coded('ENOTFOUND'), 'database_unreachable'],
  ['a driver error without a code', new Error('Connection terminated unexpectedly'), 'database_unreachable'],
  ['a connection failure of the server', coded('08006'), 'database_unreachable'],
  ['too many connections', coded('53300'), 'database_unreachable'],
  ['a full disk', coded('53100'), 'database_unreachable'],
  ['a server that shuts down', coded('57P01'), 'database_unreachable'],
  ['a server that starts up', coded('57P03'), 'database_unreachable'],
  ['an I/O error of the server', coded('58030'), 'database_unreachable'],
  ['a read-only server', coded('25006'), 'database_unreachable'],
  ['a transaction that was idle for too long', coded('25P03'), 'database_unreachable'],
  ['a serialization failure', coded('40001'), 'database_busy'],
  ['a deadlock', coded('40P01'), 'database_busy'],
  ['a lock that was not available', coded('55P03'), 'database_busy'],
  ['a statement that took too long', coded('57014'), 'database_busy'],
  ['a missing table', coded('42P01'), 'database_refuses'],
  ['a wrong password', coded('28P01'), 'database_refuses'],
  ['a missing database', coded('3D000'), 'database_refuses'],
  ['an internal error', coded('XX000'), 'database_refuses'],
  ['a check that failed', coded('23514'), 'database_refuses'],
  ['a Kafka error', coded('PLT_KFK_NETWORK'), 'broker_unreachable'],
  ['a Kafka error of many', coded('PLT_KFK_MULTIPLE'), 'broker_unreachable'],
  ['a TypeError', new TypeError('x is not a function'), 'unclassified'],
  ['a RangeError', new RangeError('too long'), 'unclassified'],
  ['a code that is nobody we know', coded('ERR_SOMETHING'), 'unclassified'],
  ['a code that is no text', Object.assign(new TypeError('odd'), { code: 7 }), 'unclassified'],
  ['a text', 'it broke', 'unclassified'],
  ['nothing', undefined, 'unclassified'],
  ['null', null, 'unclassified'],
]

for (const [what, error, reason] of REASONS) {
  test(`${what} holds a partition as ${reason}`, () => {
    assert.equal(holdReason(error), reason)
  })
}

test('a host with several addresses gives several errors: the first code among them decides', () => {
  const error = new AggregateError([new Error('no code'), coded('ECONNREFUSED'), coded('42P01')])
  assert.equal(holdReason(error), 'database_unreachable')
  assert.equal(holdReason(new AggregateError([new AggregateError([coded('42P01')])])), 'database_refuses')
})
