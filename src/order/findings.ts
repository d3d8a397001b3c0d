/** A hard rule that the order breaks: where, as a JSON pointer (RFC 6901), and which. Never the value. */
export interface Violation {
  readonly pointer: string
  readonly rule: string
}

/** An order can break some 100,000 rules; the first few tell enough. */
const KEPT = 20
const SPELLED_OUT = 5

/**
 * Collects what is to be said about one order. A field gives only its own name; the object around it is
 * named once, so that no pointer is put together for an order that breaks nothing.
 */
export class Findings {
  /** The first of them. */
  readonly violations: Violation[] = []
  violationCount = 0
  /** Fields that are not ours; only right for an order without violations. */
  unknownFields = 0
  #parent = ''
  #index = -1

  /** Names the object that the next violations lie in: "" for the order itself, `/items` and an index for an item. */
  inside(parent: string, index = -1): void {
    this.#parent = parent
    this.#index = index
  }

  /** `field` is one of ours, never a name out of the payload; "" means the object itself. */
  add(field: string, rule: string): void {
    this.violationCount++
    if (this.violations.length >= KEPT) return
    const index = this.#index < 0 ? '' : `/${this.#index}`
    this.violations.push({ pointer: `${this.#parent}${index}${field === '' ? '' : `/${field}`}`, rule })
  }

  /**
   * Counts what `source` has beyond `required` known fields, all of which are there in a valid order, and
   * the `optional` one.
   */
  countUnknown(source: object, required: number, optional?: unknown): void {
    this.unknownFields += Object.keys(source).length - required - (optional === undefined ? 0 : 1)
  }

  /** One line for headers and logs: the first few, and how many more there are. */
  message(): string {
    const spelledOut = this.violations.slice(0, SPELLED_OUT)
    const more = this.violationCount - spelledOut.length
    const lines = spelledOut.map(({ pointer, rule }) => `${pointer === '' ? 'the value' : pointer} ${rule}`)
    return lines.join('; ') + (more > 0 ? `; and ${more} more` : '')
  }
}
