import type { TestContext } from 'node:test'
import { createOrderCache } from '../../src/cache/order-cache.ts'
import type { ApiDeps } from '../../src/http/routes.ts'
import type { Order } from '../../src/order/order.ts'
import { ordersTransaction } from '../../src/postgres/orders.ts'
import { readStoredOrder } from '../../src/postgres/stored-orders.ts'
import { cachedOrder } from '../../src/wiring/cache.ts'
import { databaseReads } from '../../src/wiring/reads.ts'
import { openTestServer } from '../http/open-test-server.ts'
import type { MigratedDatabase } from '../postgres/migrated-database.ts'
import { newOrder, TOPIC_ID } from '../postgres/orders-under-test.ts'

export interface ApiUnderTest {
  readonly url: string
  /** The answer as JSON; throws unless it is 200. */
  get<T>(path: string): Promise<T>
}

/** The API over a real database, as it is put together when the service starts. */
export async function openApi(
  t: TestContext,
  database: Pick<MigratedDatabase, 'pool'>,
  maxBytes = 16_777_216,
): Promise<ApiUnderTest> {
  const { url } = await openTestServer(t, { api: databaseApi(database, maxBytes) })
  return {
    url,
    get: async <T>(path: string): Promise<T> => {
      const response = await fetch(url + path)
      const text = await response.text()
      if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`)
      return JSON.parse(text) as T
    },
  }
}

/** What the routes read from, over a real database. */
export function databaseApi(
  { pool }: Pick<MigratedDatabase, 'pool'>,
  maxBytes = 16_777_216,
): Pick<ApiDeps, 'readOrder' | 'peekOrder' | 'reads'> {
  const cache = createOrderCache({
    maxBytes,
    load: async (uid) => {
      const bytes = await readStoredOrder(pool, uid)
      return bytes && cachedOrder(bytes)
    },
  })
  return {
    readOrder: (uid: string) => cache.read(uid),
    peekOrder: (uid: string) => cache.peek(uid),
    reads: databaseReads(pool, cache, 10),
  }
}

/** Stores them in one transaction, so they share stored_at. */
export async function storeOrders(
  { transaction }: MigratedDatabase,
  orders: readonly Order[],
): Promise<void> {
  const ascending = orders.toSorted((a, b) => (a.order_uid < b.order_uid ? -1 : 1))
  const rows = ascending.map((order, index) => newOrder(order, index))
  await transaction((client) => ordersTransaction(client, 'look').insertOrders(rows, TOPIC_ID))
}

export interface List<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

export async function allPages<T>(api: ApiUnderTest, path: string, limit: number): Promise<T[][]> {
  const pages: T[][] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const following: string = cursor === '' ? '' : `&cursor=${cursor}`
    const page: List<T> = await api.get(`${path}limit=${limit}${following}`)
    pages.push([...page.items])
    cursor = page.next
  }
  return pages
}
