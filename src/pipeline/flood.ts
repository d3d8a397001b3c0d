/** What the database said of a record: the fingerprint of its refusal, or nothing against it. */
type Answer = string | undefined

/** Fewer consecutive records may well be an accident. */
const WINDOW = 50

/**
 * Looks at the records of one partition, in their order, for a flood: more than half of 50 consecutive ones
 * that the database refused for one reason. Records that it was not asked about must be left out. Returns
 * the reason, and then looks at records anew.
 */
export function watchForFloods(): (answers: readonly Answer[]) => string | undefined {
  let last: Answer[] = []
  return (answers) => {
    for (const answer of answers) {
      last.push(answer)
      if (last.length > WINDOW) last.shift()
      if (answer === undefined || last.length < WINDOW) continue
      if (last.filter((other) => other === answer).length * 2 <= WINDOW) continue
      last = []
      return answer
    }
    return undefined
  }
}
