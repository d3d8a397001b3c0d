import assert from 'node:assert/strict'
import { rowName } from './simulated-database.ts'
import { ordersInstances, SimulatedInstance } from './simulated-instance.ts'
import { afterEverything } from './simulated-time.ts'
import { settleDown } from './settling-down.ts'
import { Simulation } from './simulation.ts'

const MANY_STEPS = 300

/** A simulation whose first partition's instance goes where a test wants it. */
export class OnePartition extends Simulation {
  constructor() {
    super(ordersInstances())
  }

  get owner(): SimulatedInstance {
    const [owner] = this.owners
    assert.ok(owner instanceof SimulatedInstance)
    return owner
  }

  get nextOffset(): number | undefined {
    return this.database.tables.ledger.get(rowName({ topicId: this.kafka.topic?.id ?? '', partition: 0 }))
      ?.nextOffset
  }

  /** Lets everything happen in its order, until the instance waits for `name` or the condition holds. */
  async reach(name: string | (() => boolean), { actor } = this.owner): Promise<void> {
    const reached = typeof name === 'string' ? () => actor.waitsFor.includes(name) : name
    await afterEverything()
    for (let step = 0; !reached(); step++) {
      assert.ok(step < MANY_STEPS, `never reached ${String(name)}`)
      actor.step(step, 0)
      await afterEverything()
    }
  }

  /** Lets the one thing happen that the instance waits for under this name. */
  async letHappen(name: string, outcome = 0, { actor } = this.owner): Promise<void> {
    const at = actor.waitsFor.indexOf(name)
    assert.ok(at >= 0, `waits for ${actor.waitsFor.join(', ')}, not for ${name}`)
    actor.step(at, outcome)
    await afterEverything()
  }

  /** As far as an idle partition's comparison of its row with where it stands. */
  async reachIdleLook(): Promise<void> {
    await this.reach('readable')
    await this.letHappen('readable')
    await this.reach('read row')
  }

  /** Ends all faults; fails unless everything is accounted for then. */
  async settle(): Promise<void> {
    assert.deepEqual(await settleDown(this), [])
  }
}

export function settledOf({ told }: SimulatedInstance): string[] {
  return told.filter((what) => what.startsWith('settled'))
}

export const STORED_ONE =
  'settled: 1 {"stored":1,"duplicates":0,"retried":0,"dead_lettered":0,"expired":0,"absent":0}'
