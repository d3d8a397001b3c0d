/**
 * Two readings of time. Wall clocks are set, and jump; waits are measured with the other, which can't.
 */
export interface Clock {
  /** Milliseconds since the epoch, as headers have them. */
  wallMs(): number
  /** Milliseconds since anything; never goes back, never jumps. */
  monotonicMs(): number
  /** Resolves after so long, or when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/**
 * How long a record waits from now on. Its own word counts, but never for longer than the longest backoff:
 * neither from the timestamp that it carries nor from now, so nothing that anybody writes parks a record for
 * ever. Whoever says nothing, or nothing that can be read, is due.
 */
export function waitMs(
  notBeforeMs: number | undefined,
  timestampMs: number,
  nowMs: number,
  capMs: number,
): number {
  if (notBeforeMs === undefined) return 0
  return Math.max(0, Math.min(notBeforeMs, timestampMs + capMs, nowMs + capMs) - nowMs)
}
