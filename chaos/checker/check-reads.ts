import { undoing, type Check, type Finding, type Limits } from './check.ts'
import { acknowledgedContents, short } from './check-list.ts'
import type { Evidence, Read } from './evidence.ts'

/** What readers were told while everything around them failed. */
export const READ_CHECKS: readonly Check[] = [
  { name: 'an order reads the same every time', guarantee: 'G10', judge: changedBodies },
  { name: 'an order reads as it was acknowledged', guarantee: 'G10', judge: otherBodies },
  { name: 'an order that was read stays', guarantee: 'G10', judge: vanished },
  { name: 'no order is read before its commit', guarantee: 'G10', judge: aheadOfCommit },
  { name: 'a read is answered, or said to be impossible', guarantee: 'G10', judge: oddAnswers },
]

/** Only a reset lets another content win, and only where there was one; an old one may stay in memory for a while. */
function changedBodies({ reads, resets, acknowledged }: Evidence, { nearResetMs }: Limits): Finding[] {
  const contents = acknowledgedContents(acknowledged)
  const undoneMs = undoing(resets).map(({ atMs }) => atMs - nearResetMs)
  const first = new Map<string, Read>()
  const found: Finding[] = []
  for (const read of inOrder(reads)) {
    if (read.status !== 200) continue
    const before = first.get(read.uid)
    if (before === undefined) first.set(read.uid, read)
    if (before === undefined || before.body === read.body) continue
    const mayChange = (contents.get(read.uid)?.size ?? 0) > 1 && undoneMs.some((ms) => ms <= read.atMs)
    if (!mayChange)
      found.push(
        `order ${read.uid} was read otherwise from ${before.instance} after ${before.atMs} ms than from ${read.instance} after ${read.atMs} ms`,
      )
  }
  return found
}

/** What is read is, byte for byte, the canonical form of something that Kafka acknowledged for this uid. */
function otherBodies({ reads, acknowledged }: Evidence): Finding[] {
  const contents = acknowledgedContents(acknowledged)
  return reads
    .filter(({ status }) => status === 200)
    .filter(({ uid, body = '' }) => contents.get(uid)?.has(body) !== true)
    .map(
      ({ uid, instance, atMs, body = '' }) =>
        `order ${uid} was read from ${instance} after ${atMs} ms with content ${short(body)}, which was not acknowledged`,
    )
}

/** An answer may have been given so long before it arrived, by an instance that was frozen in between. */
const UNDER_WAY_MS = 5_000

/**
 * An order that was committed is gone only after a reset, until it is read from Kafka again. An answer from
 * memory after a reset says nothing of the database, one that the database agreed with does.
 */
function vanished({ reads, resets }: Evidence, { nearResetMs }: Limits): Finding[] {
  const undoneMs = undoing(resets).map(({ atMs }) => atMs - nearResetMs)
  const seen = new Map<string, Read>()
  const found: Finding[] = []
  for (const read of inOrder(reads)) {
    if (read.status === 200) {
      const isDurable = read.stored === true && !isNear(read, resets, nearResetMs)
      if (isDurable || undoneMs.every((ms) => ms > read.atMs)) seen.set(read.uid, read)
    }
    const before = seen.get(read.uid)
    if (read.status !== 404 || before === undefined || read.atMs - before.atMs <= UNDER_WAY_MS) continue
    if (undoneMs.some((ms) => ms > before.atMs && ms <= read.atMs)) continue
    found.push(
      `order ${read.uid} was read from ${before.instance} after ${before.atMs} ms and unknown to ${read.instance} after ${read.atMs} ms`,
    )
  }
  return found
}

/** Memory may know more than a database that was just set back. */
function aheadOfCommit({ reads, resets }: Evidence, { nearResetMs }: Limits): Finding[] {
  return reads
    .filter(({ status, stored }) => status === 200 && stored === false)
    .filter((read) => !isNear(read, resets, nearResetMs))
    .map(
      ({ uid, instance, atMs }) =>
        `order ${uid} was read from ${instance} after ${atMs} ms and is not stored`,
    )
}

const ANSWERS: ReadonlySet<Read['status']> = new Set(['failed', 200, 404, 429, 503])

function oddAnswers({ reads }: Evidence): Finding[] {
  return reads
    .filter(({ status }) => !ANSWERS.has(status))
    .map(
      ({ uid, instance, status, atMs }) => `${instance} answered ${status} for order ${uid} after ${atMs} ms`,
    )
}

function inOrder(reads: readonly Read[]): Read[] {
  return reads.toSorted((a, b) => a.atMs - b.atMs)
}

function isNear({ atMs }: Read, resets: Evidence['resets'], nearResetMs: number): boolean {
  return undoing(resets).some((reset) => Math.abs(reset.atMs - atMs) <= nearResetMs)
}
