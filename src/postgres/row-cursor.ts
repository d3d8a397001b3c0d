import type pg from 'pg'

const FETCH_ROWS = 5_000

/**
 * Rows of a query in its order, fetched in parts while the part before is used. Lives in the transaction
 * of its connection, where other statements may run in between.
 */
export class RowCursor<Row> {
  readonly #fetch: () => Promise<Row[]>
  #rows: readonly Row[] = []
  #next = 0
  #coming: Promise<Row[]>

  private constructor(fetch: () => Promise<Row[]>) {
    this.#fetch = fetch
    this.#coming = this.#ask()
  }

  /** `name` is an SQL name that the transaction does not use yet; `fetch` runs the statement that it is given. */
  static async open<Row>(
    client: pg.Client,
    name: string,
    query: string,
    fetch: (statement: string) => Promise<Row[]>,
  ): Promise<RowCursor<Row>> {
    await client.query(`declare ${name} no scroll cursor for ${query}`)
    return new RowCursor(() => fetch(`fetch ${FETCH_ROWS} from ${name}`))
  }

  /** Passes over rows as long as `isWanted`, in order, handing each to `use`. The first other one stays. */
  async takeWhile(isWanted: (row: Row) => boolean, use: (row: Row) => void): Promise<void> {
    for (;;) {
      for (let row = this.#rows[this.#next]; row !== undefined; row = this.#rows[++this.#next]) {
        if (!isWanted(row)) return
        use(row)
      }
      this.#rows = await this.#coming
      this.#next = 0
      if (this.#rows.length === 0) return
      this.#coming = this.#ask()
    }
  }

  #ask(): Promise<Row[]> {
    const coming = this.#fetch()
    // Who takes the rows gets the error; until then nobody waits for it.
    coming.catch(() => {})
    return coming
  }
}
