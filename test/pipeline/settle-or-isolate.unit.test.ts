import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldPartition } from '../../src/pipeline/failure.ts'
import { settleOrIsolate } from '../../src/pipeline/isolate.ts'
import type { Counts } from '../../src/pipeline/ledger.ts'
import type { RoleWork } from '../../src/pipeline/role-work.ts'

function coded(code: string): Error {
  return Object.assign(new Error('x'), { code })
}

interface Story {
  readonly first: unknown
  readonly second?: unknown
  readonly canary?: unknown
}

/** Plays a batch whose attempts end so; `undefined` is well. Returns what was done. */
async function settle({ first, second, canary }: Story, isolating = true): Promise<string[]> {
  const log: string[] = []
  const step = async (what: string, error: unknown): Promise<{ counts: Counts }> => {
    log.push(what)
    if (error !== undefined) throw error
    return { counts: {} }
  }
  const work: RoleWork<null, null, { counts: Counts }> = {
    prepare: () => null,
    settle: () => step('whole', first),
    ...(isolating && {
      isolation: {
        canary: async () => void (await step('canary', canary)),
        settle: (_, __, ___, { type }) => step(`apart after ${type}`, second),
      },
    }),
    committed: () => {},
  }
  const source = { consumerGroup: 'g', topic: 't', topicId: 'id', partition: 0 }
  await settleOrIsolate(work, async (each) => await each(null, [], source))
  return log
}

test('a batch that can be stored is stored as a whole, and no canary is sent', async () => {
  assert.deepEqual(await settle({ first: undefined }), ['whole'])
})

test('a batch that is refused for its content, or fails in passing, is settled apart after the canary', async () => {
  for (const [code, type] of [
    ['22001', 'rejected_by_database'],
    ['40001', 'serialization_conflict'],
    ['57014', 'timeout'],
    ['P0001', 'unclassified'],
  ] as const)
    assert.deepEqual(await settle({ first: coded(code) }), ['whole', 'canary', `apart after ${type}`])
})

test('an outage and systemic trouble are not asked about', async () => {
  for (const code of ['ECONNREFUSED', '53300', '25006', '42703', '28P01', 'PLT_KFK_NETWORK'])
    await assert.rejects(settle({ first: coded(code), canary: new Error('asked') }), { code })
})

test('when the canary fails too, the partition holds for what the canary failed for', async () => {
  for (const [code, reason] of [
    ['23514', 'failure_flood'],
    ['22P03', 'failure_flood'],
    ['55P03', 'database_busy'],
    ['ECONNREFUSED', 'database_unreachable'],
    ['53300', 'database_unreachable'],
    ['42703', 'schema_mismatch'],
    ['42501', 'access_denied'],
    ['P0001', 'unclassified'],
  ] as const) {
    const held = settle({ first: coded('23514'), canary: coded(code) })
    await assert.rejects(held, (error) => error instanceof HoldPartition && error.reason === reason)
  }
})

test('what fails apart as well, and is no record, is thrown as it is', async () => {
  const second = coded('23514')
  await assert.rejects(settle({ first: coded('40001'), second }), second)
})

test('a role that can not isolate throws what its batch failed for', async () => {
  const first = coded('23514')
  await assert.rejects(settle({ first }, false), first)
})
