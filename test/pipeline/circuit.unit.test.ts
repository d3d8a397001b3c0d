import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Circuit } from '../../src/pipeline/circuit.ts'
import { SimulatedTime } from './simulated-time.ts'

interface Asked {
  readonly circuit: Circuit
  readonly told: string[]
  /** Ends the probe under way. */
  readonly answer: (error?: Error) => Promise<void>
  readonly probes: () => number
}

function circuitUnderTest(): Asked {
  const told: string[] = []
  let pending: PromiseWithResolvers<void> | undefined
  let probes = 0
  const circuit = new Circuit({
    probe: () => {
      probes++
      pending = Promise.withResolvers()
      return pending.promise
    },
    random: () => 0.5,
    opened: (reason) => told.push(`opened: ${reason}`),
    closed: () => told.push('closed'),
  })
  const answer = async (error?: Error): Promise<void> => {
    if (error === undefined) pending?.resolve()
    else pending?.reject(error)
    await new Promise((turn) => setImmediate(turn))
  }
  return { circuit, told, answer, probes: () => probes }
}

const REFUSED = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })

test('all who ask at a time share one probe; when it is answered, nobody holds', async () => {
  const { circuit, told, answer, probes } = circuitUnderTest()
  const asking = [circuit.confirm(), circuit.confirm(), circuit.confirm()]
  await answer()
  assert.deepEqual(await Promise.all(asking), [undefined, undefined, undefined])
  assert.deepEqual([probes(), told], [1, []])
  void circuit.confirm()
  assert.equal(probes(), 2)
})

test('a probe that fails opens it for all, once; it closes with the first probe that is answered', async () => {
  using _ = new SimulatedTime()
  const { circuit, told, answer, probes } = circuitUnderTest()
  const asking = [circuit.confirm(), circuit.confirm()]
  await answer(REFUSED)
  assert.deepEqual(await Promise.all(asking), ['database_unreachable', 'database_unreachable'])
  assert.equal(await circuit.confirm(), 'database_unreachable')
  let resumed = 0
  const signal = new AbortController().signal
  for (let waiting = 0; waiting < 3; waiting++) void circuit.closed(signal).then(() => resumed++)
  for (let attempt = 0; attempt < 5; attempt++) await answer(REFUSED)
  assert.deepEqual([probes(), resumed, told], [7, 0, ['opened: database_unreachable']])
  await answer()
  assert.deepEqual([probes(), resumed, told.length], [7, 3, 2])
})

test('what the probe says is the reason, and one that is refused for its content finds no fault but the database', async () => {
  using _ = new SimulatedTime()
  for (const [code, reason] of [
    ['53300', 'database_unreachable'],
    ['42703', 'schema_mismatch'],
    ['55P03', 'database_busy'],
    ['23514', 'failure_flood'],
    ['PLT_KFK_NETWORK', 'broker_unreachable'],
  ] as const) {
    const { circuit, answer } = circuitUnderTest()
    const asking = circuit.confirm()
    await answer(Object.assign(new Error('x'), { code }))
    assert.equal(await asking, reason)
    circuit.stop()
  }
})

test('who waits no longer is let go, and a circuit that is closed keeps nobody', async () => {
  using _ = new SimulatedTime()
  const { circuit, answer, told } = circuitUnderTest()
  const leaving = new AbortController()
  await circuit.closed(leaving.signal)
  void circuit.confirm()
  await answer(REFUSED)
  const waiting = circuit.closed(leaving.signal)
  leaving.abort()
  await waiting
  circuit.stop()
  await answer()
  assert.deepEqual(told, ['opened: database_unreachable'])
})
