import { hash } from 'node:crypto'

/** Numbers that look random and are always the same for the same seed and position. */
export interface Random {
  /** From 0 up to but not including 1. */
  fraction(): number
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number
  pick<T>(values: readonly T[]): T
  chance(share: number): boolean
}

export interface Seed {
  /** Begins every uid of this seed: 64 bits, so that runs with other seeds never make the same. */
  readonly tag: string
  readonly words: readonly [number, number]
}

export function seedFrom(text: string): Seed {
  const digest = hash('sha256', text)
  return {
    tag: digest.slice(0, 16),
    words: [Number.parseInt(digest.slice(16, 24), 16), Number.parseInt(digest.slice(24, 32), 16)],
  }
}

/**
 * A stream of its own for each `position` and `purpose`, so that order 1,000,000 is made without making
 * those before it. The generator is sfc32; the first rounds only mix the position in.
 */
export function randomAt(seed: Seed, position: number, purpose: number): Random {
  let [a, b] = seed.words
  let c = position >>> 0
  let counter = (Math.floor(position / 2 ** 32) * 16 + purpose) >>> 0
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) next()
  const fraction = (): number => next() / 2 ** 32
  return {
    fraction,
    between: (min, max) => min + Math.floor(fraction() * (max - min + 1)),
    pick: (values) => {
      const value = values[Math.floor(fraction() * values.length)]
      if (value === undefined) throw new RangeError('nothing to pick from')
      return value
    },
    chance: (share) => fraction() < share,
  }
}
