/** Uids to ask for: the last ones, and an even choice of all before them, in bounded memory. */
export interface KnownUids {
  add(uids: readonly string[]): void
  /** More often than not one of the last. */
  some(): string | undefined
}

const LAST = 1_000
const CHOSEN = 5_000
const SHARE_OF_LAST = 0.7

export function knownUids(): KnownUids {
  const last: string[] = []
  const chosen: string[] = []
  let count = 0
  return {
    add: (uids) => {
      for (const uid of uids) {
        last[count % LAST] = uid
        // Reservoir sampling: each of all so far is in it with the same probability.
        const at = count < CHOSEN ? count : Math.floor(Math.random() * (count + 1))
        if (at < CHOSEN) chosen[at] = uid
        count++
      }
    },
    some: () => {
      const from = Math.random() < SHARE_OF_LAST ? last : chosen
      return from[Math.floor(Math.random() * from.length)]
    },
  }
}
