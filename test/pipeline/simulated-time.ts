import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'

const REAL = { now: Date.now, setTimeout: timers.setTimeout, setImmediate: timers.setImmediate }

/**
 * While it exists, time stands still unless a simulation moves it, and pauses end at once: whatever the
 * code under test waits for besides is under the simulation's control, so a schedule always runs the same.
 * (Not the test runner's mocks: those keep every call for good, and there are millions.)
 */
export class SimulatedTime implements Disposable {
  #nowMs = 1_000_000

  constructor() {
    Date.now = () => this.#nowMs
    Object.assign(timers, { setTimeout: async () => {}, setImmediate: async () => {} })
    syncBuiltinESMExports()
  }

  advance(ms: number): void {
    this.#nowMs += ms
  }

  [Symbol.dispose](): void {
    const { now, ...rest } = REAL
    Date.now = now
    Object.assign(timers, rest)
    syncBuiltinESMExports()
  }
}

/** Resolves when everything has run that can run without another answer: promises all settle before the next immediate. */
export function afterEverything(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
