import type { Read } from '../checker/evidence.ts'

/** Reads, as many as there is memory for, and of those that say something all. */
export interface KeptReads {
  add(read: Read): void
  all(): Read[]
}

const MAX_ORDINARY = 20_000

/**
 * Ordinary is an answer of 200 that agrees with the first one of its order, and with the database. Beyond
 * `maxOrdinary` only an even choice of those is kept.
 */
export function keptReads(maxOrdinary = MAX_ORDINARY): KeptReads {
  const telling: Read[] = []
  const ordinary: Read[] = []
  /** First answer of 200 by uid. */
  const firsts = new Map<string, Read>()
  let count = 0

  const keepOrdinary = (read: Read): void => {
    const at = count < maxOrdinary ? count : Math.floor(Math.random() * (count + 1))
    if (at < maxOrdinary) ordinary[at] = read
    count++
  }

  return {
    add: (read) => {
      if (read.status !== 200) {
        telling.push(read)
        return
      }
      const first = firsts.get(read.uid)
      if (first === undefined && firsts.size < maxOrdinary) firsts.set(read.uid, read)
      if (first !== undefined && first.body !== read.body) telling.push(first, read)
      else if (read.stored === false) telling.push(read)
      else keepOrdinary(read)
    },
    all: () => [...new Set([...telling, ...ordinary])].toSorted((a, b) => a.atMs - b.atMs),
  }
}
