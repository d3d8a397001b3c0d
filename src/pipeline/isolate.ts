import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOfProbe } from './circuit.ts'
import { classifyError } from './classify.ts'
import { HoldPartition, type Failure } from './failure.ts'
import type { Counts } from './ledger.ts'
import type { RoleWork } from './role-work.ts'

/** What isolation needs of the outside. */
export interface IsolationPorts<Item> {
  /** Does all of them, or none and throws. */
  readonly attempt: (items: readonly Item[]) => Promise<void>
  /**
   * Does each of them alone, in a few round trips for all; resolves to what was thrown for those that failed,
   * or to undefined when it can't do so many. When it throws, none is done.
   */
  readonly attemptEach?: (items: readonly Item[]) => Promise<ReadonlyMap<Item, unknown> | undefined>
  /** Rejects with what the database refused an order with that can't be at fault itself. */
  readonly canary: () => Promise<void>
  readonly random: () => number
}

/** Pauses before each of the tries in place: most conflicts are over by then. Locks are held meanwhile, so they are short. */
const PAUSES_MS = [20, 80]
/** More than these don't fail by chance, and every try costs time. */
const MAX_IN_PLACE = 10
/** Fewer than these are not halved any more, where they can be done one by one at a time. */
const FEW = 32
const CANARIES = 3
/** Nobody else can have the partition meanwhile, and stopping waits for it. Smaller batches follow a hold. */
const GIVE_UP_AFTER_MS = 8_000

/**
 * Runs `attempt` with the whole batch. When that fails for what may be the fault of single records, asks
 * the canary, and runs it once more with the work's way to isolate them. Rejects with what must hold the
 * partition: an outage, systemic trouble, or a canary that failed too.
 */
export async function settleOrIsolate<Transaction, Prepared, Settled extends { readonly counts: Counts }, T>(
  work: RoleWork<Transaction, Prepared, Settled>,
  attempt: (settle: RoleWork<Transaction, Prepared, Settled>['settle']) => Promise<T>,
): Promise<T> {
  try {
    return await attempt((transaction, items, source) => work.settle(transaction, items, source))
  } catch (error) {
    const { isolation } = work
    const cause = classifyError(error)
    if (isolation === undefined || !mayBeOfRecords(cause)) throw error
    await expectSound(() => isolation.canary())
    return await attempt((transaction, items, source) => isolation.settle(transaction, items, source, cause))
  }
}

/**
 * Finds the items at fault by halving, left half first, so that k of n cost O(k log n) attempts; all others
 * are done when this resolves. Failures that may pass by themselves get a few tries more.
 */
export async function isolate<Item>(
  items: readonly Item[],
  cause: Failure,
  ports: IsolationPorts<Item>,
): Promise<Map<Item, Failure>> {
  const endMs = performance.now() + GIVE_UP_AFTER_MS
  const failures = new Map<Item, Failure>()

  /** Undefined when all of them are done. */
  const attempt = async (some: readonly Item[]): Promise<Failure | undefined> => {
    if (performance.now() > endMs)
      throw new HoldPartition('database_busy', 'it takes too long to find the records at fault')
    try {
      await ports.attempt(some)
      return undefined
    } catch (error) {
      const failure = classifyError(error)
      if (!mayBeOfRecords(failure)) throw error
      // Each costs its time; if somebody locked a table, it would be the same for all of them.
      if (failure.type === 'timeout') await expectSound(ports.canary)
      return failure
    }
  }

  /** Undefined when each of them has to be attempted by itself. */
  const attemptEach = async (some: readonly Item[]): Promise<boolean | undefined> => {
    if (some.length > FEW || ports.attemptEach === undefined) return undefined
    const refused = await ports.attemptEach(some).catch((error: unknown) => {
      if (!mayBeOfRecords(classifyError(error))) throw error
      return undefined
    })
    if (refused === undefined) return undefined
    for (const [item, error] of refused) {
      const failure = classifyError(error)
      if (!mayBeOfRecords(failure)) throw error
      failures.set(item, failure)
    }
    if ([...refused.keys()].some((item) => failures.get(item)?.type === 'timeout'))
      await expectSound(ports.canary)
    return refused.size > 0
  }

  /** Resolves to whether any of them failed. */
  const halve = async (some: readonly Item[], failsAsAWhole: boolean): Promise<boolean> => {
    const [only] = some
    if (only === undefined) return false
    if (!failsAsAWhole || some.length === 1) {
      const failure = await attempt(some)
      if (failure === undefined) return false
      if (some.length === 1) {
        failures.set(only, failure)
        return true
      }
    }
    const oneByOne = await attemptEach(some)
    if (oneByOne !== undefined) return oneByOne
    const middle = some.length >> 1
    const leftFailed = await halve(some.slice(0, middle), false)
    // If it was not the left half, it is the right one: no use in trying that as a whole.
    await halve(some.slice(middle), !leftFailed)
    return true
  }

  await halve(items, cause.kind === 'permanent')
  for (const pauseMs of PAUSES_MS) {
    const again = [...failures].filter(([, { kind }]) => kind === 'transient')
    if (again.length === 0 || again.length > MAX_IN_PLACE) break
    await sleep(pauseMs * (0.5 + ports.random()))
    for (const [item] of again) {
      const failure = await attempt([item])
      if (failure === undefined) failures.delete(item)
      else failures.set(item, failure)
    }
  }
  return failures
}

function mayBeOfRecords({ kind }: Failure): boolean {
  return kind === 'permanent' || kind === 'transient'
}

/** Throws when the database is at fault: then nothing may be spent, and nothing given up. */
async function expectSound(canary: () => Promise<void>): Promise<void> {
  for (let left = CANARIES; left > 0; left--) {
    try {
      await canary()
      return
    } catch (error) {
      const { type, message } = classifyError(error)
      // What meets some orders by chance may have met this one.
      if (left > 1 && (type === 'serialization_conflict' || type === 'unclassified')) continue
      throw new HoldPartition(
        reasonOfProbe(error),
        `the database refuses even an order made up for a test: ${message}`,
        error,
      )
    }
  }
}
