/** An operation that has to wait for somebody else, as a statement waits for a lock. */
export const BLOCKED = Symbol('blocked')

interface Attempt {
  readonly name: string
  readonly happen: (outcome: number) => void
}

/** Where an instance waits for Kafka or the database. */
export interface Pause<T> {
  readonly promise: Promise<T>
  /** Ends the wait without the operation. */
  end(value: T): void
}

/**
 * One instance as the schedule sees it: it stands at its pauses, and goes on only when the schedule lets
 * one of them happen, with an outcome that the schedule chooses: 0 is always the good one.
 */
export class Actor {
  #pauses: Attempt[] = []
  #killed = false

  /** What it waits for, oldest first. */
  get waitsFor(): readonly string[] {
    return this.#pauses.map(({ name }) => name)
  }

  pause<T>(name: string, operation: (outcome: number) => T | typeof BLOCKED): Promise<T> {
    return this.open(name, operation).promise
  }

  open<T>(name: string, operation: (outcome: number) => T | typeof BLOCKED): Pause<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const happen = (outcome: number): void => {
      try {
        const result = operation(outcome)
        if (result === BLOCKED) return
        resolve(result)
      } catch (error) {
        reject(error)
      }
      this.#remove(attempt)
    }
    const attempt = { name, happen }
    if (!this.#killed) this.#pauses.push(attempt)
    const end = (value: T): void => {
      this.#remove(attempt)
      resolve(value)
    }
    return { promise, end }
  }

  /** Lets one of the pauses happen, unless it is blocked. */
  step(which: number, outcome: number): void {
    this.#pauses[which % Math.max(1, this.#pauses.length)]?.happen(outcome)
  }

  /** As SIGKILL: nothing it waits for will ever come. */
  kill(): void {
    this.#killed = true
    this.#pauses = []
  }

  #remove(attempt: Attempt): void {
    this.#pauses = this.#pauses.filter((other) => other !== attempt)
  }
}
