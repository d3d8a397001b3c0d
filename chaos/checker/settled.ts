import { setTimeout as sleep } from 'node:timers/promises'
import { lookAtMotion, type Motion, type Site } from './site.ts'

export interface Waiting {
  readonly deadlineMs: number
  /** Told what each look that does not end the waiting saw; undefined when something could not be asked. */
  readonly report?: (motion: Motion | undefined) => void
  readonly signal?: AbortSignal
}

const LOOK_EVERY_MS = 250

/**
 * Waits until the books of all roles stand at the end of each log, those of topics that are gone are closed,
 * and nothing moves any more. A record that waits for its retry is not settled. Resolves to how long it took,
 * or to undefined at the deadline; what can't be asked yet is not settled yet.
 */
export async function waitUntilSettled(site: Site, waiting: Waiting): Promise<number | undefined> {
  const { deadlineMs, report = () => {}, signal } = waiting
  const beganMs = performance.now()
  let before: Motion | undefined
  for (;;) {
    const now = await lookAtMotion(site).catch(() => undefined)
    const elapsedMs = performance.now() - beganMs
    // What one role sends is read by another, which may have been looked at before: so two looks.
    if (isAtRest(now) && isAtRest(before) && now.mark === before.mark) return elapsedMs
    if (elapsedMs > deadlineMs) return undefined
    report(now)
    before = now
    await sleep(LOOK_EVERY_MS, undefined, { signal })
  }
}

/** Records that are not settled yet; throws when that can't be asked. */
export async function lagOf(site: Site): Promise<number> {
  return (await lookAtMotion(site)).lag
}

function isAtRest(motion: Motion | undefined): motion is Motion {
  return motion?.lag === 0 && motion.gone === 0
}
