import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classifyError } from '../../src/pipeline/classify.ts'
import { HOLD_REASONS, HoldPartition, holdReasonOf, type HoldReason } from '../../src/pipeline/failure.ts'

function coded(code: string): Error {
  return Object.assign(new Error('with a code'), { code })
}

/** What can't be made to happen with a real server at hand; the others are in test/failures. */
const VERDICTS: ReadonlyArray<readonly [what: string, error: unknown, kind: string, holds: HoldReason]> = [
  ['a name that is not found', coded('ENOTFOUND'), 'outage', 'database_unreachable'],
  ['a connection that timed out', coded('ETIMEDOUT'), 'outage', 'database_unreachable'],
  ['a stream that ended early', coded('ERR_STREAM_PREMATURE_CLOSE'), 'outage', 'database_unreachable'],
  ['a server that crashed', coded('57P02'), 'outage', 'database_unreachable'],
  ['a code of a class that nobody knows', coded('ZZ000'), 'transient', 'unclassified'],
  ['a Kafka error of many', coded('PLT_KFK_MULTIPLE'), 'outage', 'broker_unreachable'],
  ['a wrong password for Kafka', coded('PLT_KFK_AUTHENTICATION'), 'systemic', 'access_denied'],
  ['a TypeError', new TypeError('x is not a function'), 'transient', 'unclassified'],
  ['a RangeError', new RangeError('too long'), 'transient', 'unclassified'],
  ['a code that is nobody we know', coded('ERR_SOMETHING'), 'transient', 'unclassified'],
  ['a code that is no text', Object.assign(new TypeError('odd'), { code: 7 }), 'transient', 'unclassified'],
  ['a text', 'it broke', 'transient', 'unclassified'],
  ['nothing', undefined, 'transient', 'unclassified'],
  ['null', null, 'transient', 'unclassified'],
]

for (const [what, error, kind, reason] of VERDICTS) {
  test(`${what} is ${kind}, and would hold a whole partition as ${reason}`, () => {
    const failure = classifyError(error)
    assert.deepEqual([failure.kind, holdReasonOf(failure)], [kind, reason])
  })
}

test('a reason to hold that is known where it was thrown stays what it is', () => {
  for (const reason of HOLD_REASONS) {
    const failure = classifyError(new HoldPartition(reason, 'because'))
    assert.deepEqual([holdReasonOf(failure), failure.message], [reason, 'because'])
    assert.match(failure.kind, /^(outage|systemic)$/)
  }
})

test('a host with several addresses gives several errors: the first code among them decides', () => {
  const error = new AggregateError([new Error('no code'), coded('ECONNREFUSED'), coded('42P01')])
  assert.equal(classifyError(error).type, 'database_unreachable')
  assert.equal(classifyError(new AggregateError([new AggregateError([coded('42P01')])])).kind, 'systemic')
})

test('a broker that denies a right is no outage, however deep the answer lies', () => {
  const answer = Object.assign(coded('PLT_KFK_PROTOCOL'), { apiId: 'TOPIC_AUTHORIZATION_FAILED' })
  const error = Object.assign(new AggregateError([new Error('first'), answer]), { code: 'PLT_KFK_MULTIPLE' })
  for (const thrown of [answer, error, Object.assign(coded('PLT_KFK_USER'), { cause: error })]) {
    const { type, message } = classifyError(thrown)
    assert.deepEqual([type, message], ['access_denied', 'TOPIC_AUTHORIZATION_FAILED'])
  }
})

test('an error that holds itself is classified all the same', () => {
  const error = new AggregateError([])
  error.errors.push(error)
  assert.equal(classifyError(error).kind, 'transient')
})

test('what a failure says never comes from the text of the error', () => {
  for (const code of ['23514', '40001', 'P0001', 'secret code', 'PLT_KFK_USER', 'ECONNRESET']) {
    const error = Object.assign(new Error('secret'), { code, detail: 'secret', where: 'secret' })
    const { message, fingerprint } = classifyError(error)
    assert.doesNotMatch(message + fingerprint, /secret/)
  }
})
