/** What became of offsets that the books have not passed yet. */
export type SettledAs = 'forwarded' | 'dead_lettered' | 'expired' | 'absent'

/** Offsets from `from` up to, and not including, `to`. */
export interface OffsetRange {
  readonly from: number
  readonly to: number
}

interface Stretch {
  readonly from: number
  to: number
  readonly as: SettledAs
}

/**
 * Offsets at or above `next_offset` that need no more work, and what became of each. Retries settle in the
 * order in which they are due, so there are gaps: as many as records wait, at most.
 */
export class SettledOffsets {
  /** Ascending, without overlaps. */
  readonly #stretches: Stretch[] = []

  get stretches(): number {
    return this.#stretches.length
  }

  has(offset: number): boolean {
    const stretch = this.#stretches[this.#lastFrom(offset)]
    return stretch !== undefined && offset < stretch.to
  }

  /** Those of the range that are not settled get this outcome; returns how many they are. */
  add({ from, to }: OffsetRange, as: SettledAs): number {
    let added = 0
    for (const open of this.open({ from, to })) {
      added += open.to - open.from
      this.#insert(open, as)
    }
    return added
  }

  /** Parts of the range that are not settled. */
  open({ from, to }: OffsetRange): OffsetRange[] {
    const open: OffsetRange[] = []
    let next = from
    for (let at = Math.max(0, this.#lastFrom(from)); next < to; at++) {
      const stretch = this.#stretches[at]
      const end = Math.min(to, stretch?.from ?? to)
      if (next < end) open.push({ from: next, to: end })
      if (stretch === undefined) break
      next = Math.max(next, stretch.to)
    }
    return open
  }

  /** As far as everything from `next` on is settled, and where those offsets went. */
  contiguous(next: number): { readonly to: number; readonly counts: Partial<Record<SettledAs, number>> } {
    const counts: Partial<Record<SettledAs, number>> = {}
    let to = next
    for (const stretch of this.#stretches) {
      if (stretch.from > to) break
      if (stretch.to <= to) continue
      counts[stretch.as] = (counts[stretch.as] ?? 0) + stretch.to - to
      to = stretch.to
    }
    return { to, counts }
  }

  /** What has this outcome at or above `from`. */
  rangesOf(as: SettledAs, from: number): OffsetRange[] {
    return this.#stretches
      .filter((stretch) => stretch.as === as && stretch.to > from)
      .map((stretch) => ({ from: Math.max(from, stretch.from), to: stretch.to }))
  }

  /** Forgets what lies below; the books went past it. */
  dropBelow(offset: number): void {
    const keep = this.#stretches.findIndex(({ to }) => to > offset)
    this.#stretches.splice(0, keep < 0 ? this.#stretches.length : keep)
  }

  #insert({ from, to }: OffsetRange, as: SettledAs): void {
    const at = this.#lastFrom(from)
    const before = this.#stretches[at]
    const after = this.#stretches[at + 1]
    const joinsAfter = after?.as === as && after.from === to
    if (before?.as === as && before.to === from) {
      before.to = joinsAfter ? after.to : to
      if (joinsAfter) this.#stretches.splice(at + 1, 1)
    } else {
      this.#stretches.splice(at + 1, joinsAfter ? 1 : 0, { from, to: joinsAfter ? after.to : to, as })
    }
  }

  /** Index of the last stretch that starts at or below `offset`; -1 without one. */
  #lastFrom(offset: number): number {
    let low = 0
    let high = this.#stretches.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#stretches[middle]?.from ?? Infinity) <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
