export interface Due {
  readonly dueMs: number
  readonly offset: number
}

/** What is due first comes out first; of those that are due together, what came first. */
export class DueHeap<T extends Due> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  get first(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    let at = this.#items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  pop(): T | undefined {
    const [first] = this.#items
    const last = this.#items.pop()
    if (first === undefined || last === undefined || first === last) return first
    this.#items[0] = last
    for (let at = 0; ;) {
      const left = 2 * at + 1
      const smaller = left + 1 < this.#items.length && this.#isBefore(left + 1, left) ? left + 1 : left
      if (left >= this.#items.length || !this.#isBefore(smaller, at)) return first
      this.#swap(at, smaller)
      at = smaller
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#items[a], this.#items[b]]
    if (one === undefined || other === undefined) return false
    return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.offset < other.offset)
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#items[a], this.#items[b]]
    if (one === undefined || other === undefined) return
    this.#items[a] = other
    this.#items[b] = one
  }
}
