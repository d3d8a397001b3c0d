/** What was measured under one name, once in each round. */
export interface Measured<T> {
  readonly name: string
  readonly rounds: readonly T[]
}

export interface Turns {
  readonly rounds: number
  /** Called after each measurement, with what to tell about it. */
  readonly done: (line: string) => void
  readonly stopping: AbortSignal
}

/**
 * Measures each of the cases once, then each a second time, and so on: whatever else the machine does meets
 * all of them alike.
 */
export async function inTurns<Case extends { readonly name: string }, T>(
  { rounds, done, stopping }: Turns,
  cases: readonly Case[],
  measure: (one: Case, round: number) => Promise<T>,
  tell: (measured: T) => string,
): Promise<readonly (Case & Measured<T>)[]> {
  const results = cases.map((one) => ({ one, rounds: new Array<T>() }))
  for (let round = 1; round <= rounds; round++) {
    for (const { one, rounds: measured } of results) {
      stopping.throwIfAborted()
      const figure = await measure(one, round)
      measured.push(figure)
      done(`${one.name}, round ${round} of ${rounds}: ${tell(figure)}`)
    }
  }
  return results.map(({ one, rounds: measured }) => ({ ...one, rounds: measured }))
}

/** Throws when nothing was measured under this name. */
export function roundsOf<T>(measured: readonly Measured<T>[], name: string): readonly T[] {
  const found = measured.find((one) => one.name === name)
  if (found === undefined) throw new RangeError(`${name} was not measured`)
  return found.rounds
}
