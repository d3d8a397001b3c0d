import { EXIT, type ExitCode } from './command.ts'

/** A Ctrl-C in a terminal reaches both npm and node, so one key press arrives twice. */
const SAME_KEY_PRESS_MS = 1_000

export interface Signals {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal
  /** Resolves with the first SIGINT or SIGTERM. */
  readonly stopped: Promise<void>
}

/** From now on the first signal asks to stop, and a second one ends the process at once, with exit code 130. */
export function listenForSignals(): Signals {
  const controller = new AbortController()
  const { promise, resolve } = Promise.withResolvers<void>()
  let firstAtMs: number | undefined
  const onSignal = (): void => {
    if (firstAtMs === undefined) {
      firstAtMs = Date.now()
      controller.abort()
      resolve()
    } else if (Date.now() - firstAtMs > SAME_KEY_PRESS_MS) process.exit(EXIT.interrupted)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return { stop: controller.signal, stopped: promise }
}

/** Waits for `work`, but not longer than `ms`: a drain that hangs must not outlive the time it was given. */
export async function withinDrainTime(ms: number, work: Promise<void>): Promise<ExitCode> {
  const { promise, resolve } = Promise.withResolvers<ExitCode>()
  const timer = setTimeout(() => resolve(EXIT.no), ms)
  const code = await Promise.race([work.then(() => EXIT.done), promise])
  clearTimeout(timer)
  if (code !== EXIT.done) {
    process.stderr.write(
      `stopped without draining to the end: it took longer than ${ms} ms; nothing is lost by that\n`,
    )
  }
  return code
}
