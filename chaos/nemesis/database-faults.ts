import type { System } from '../system/system.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import type { Arena, DrawnFault, Fault } from './fault.ts'

/** Something that a person or a full disk does to the database, and what takes it back. */
interface Change {
  readonly name: string
  readonly what: string
  readonly seconds: readonly [number, number]
  readonly apply: string
  readonly undo: string
}

const raising = (sqlstate: string, which: string): Pick<Change, 'apply' | 'undo'> => ({
  apply: `create or replace function chaos_in_the_way() returns trigger language plpgsql as
      $$ begin raise exception 'in the way' using errcode = '${sqlstate}'; end $$;
    create or replace trigger chaos_in_the_way before insert on orders for each row
      when (${which}) execute function chaos_in_the_way()`,
  undo: 'drop trigger if exists chaos_in_the_way on orders',
})

/** The one fault for which attempts may be spent. */
export const TROUBLE_FOR_SINGLE_ORDERS = "orders in each other's way"

const CHANGES: readonly Change[] = [
  {
    name: 'disk full',
    what: 'every insert of an order fails with 53100',
    seconds: [2, 8],
    ...raising('53100', 'true'),
  },
  {
    name: TROUBLE_FOR_SINGLE_ORDERS,
    what: 'a tenth of the orders fail with 40001',
    seconds: [2, 5],
    ...raising('40001', 'hashtext(new.order_uid) % 10 = 0'),
  },
  {
    name: 'column missing',
    what: 'a column of items is renamed, then back',
    seconds: [2, 6],
    apply: 'alter table items rename column rid to chaos_rid',
    undo: `do $$ begin alter table items rename column chaos_rid to rid; exception when undefined_column then end $$`,
  },
  {
    name: 'read-only database',
    what: 'the database takes no writes',
    seconds: [2, 6],
    apply: `alter system set default_transaction_read_only = on; select pg_reload_conf()`,
    undo: `set default_transaction_read_only = off; alter system reset default_transaction_read_only; select pg_reload_conf()`,
  },
]

export const DATABASE_FAULTS: readonly Fault[] = [
  ...CHANGES.map(({ name, what, seconds, apply, undo }): Fault => ({
    name,
    lane: 'servers',
    seconds,
    draw: () => ({ what, act: (arena, lastMs) => changed(arena, lastMs, apply, undo) }),
  })),
  {
    name: 'table locked',
    lane: 'servers',
    seconds: [3, 10],
    draw: (random) => locked(random.pick(['orders', 'items', 'ledger'])),
  },
  {
    name: 'fail over to a lagging standby',
    lane: 'servers',
    seconds: [1, 4],
    draw: () => ({ what: 'PostgreSQL is killed; a standby that lags behind takes over', act: failOver }),
  },
  {
    name: 'restore an older backup',
    lane: 'servers',
    seconds: [0, 2],
    draw: () => ({ what: 'PostgreSQL is killed and comes back with the data of a backup', act: restore }),
  },
]

async function changed({ system, last }: Arena, lastMs: number, apply: string, undo: string): Promise<void> {
  await execute(system, apply)
  try {
    await last(lastMs)
  } finally {
    await execute(system, undo)
  }
}

function locked(table: string): DrawnFault {
  return {
    what: `somebody locks the table ${table}`,
    act: async ({ system, last }, lastMs) => {
      await using somebody = await connect(system)
      await somebody.query(`begin; lock table ${table} in access exclusive mode`)
      await last(lastMs)
      await somebody.query('rollback')
    },
  }
}

/** Clients find the new primary as they do behind a name or a load balancer: at the old address. */
async function failOver({ system, last, reset }: Arena, lastMs: number): Promise<void> {
  const pair = pairOf(system)
  await pair.lag()
  await last(lastMs)
  reset('failed over')
  await pair.failOver()
  reset('failed over')
  system.databaseProxy.retarget(pair.primary.port)
  await pair.rebuild()
}

async function restore({ system, last, reset, backup }: Arena, lastMs: number): Promise<void> {
  const pair = pairOf(system)
  await pair.primary.kill()
  reset('restored')
  await pair.standby.kill() // it would be ahead of what it follows
  await last(lastMs)
  await pair.primary.restoreFrom(backup())
  await pair.primary.start()
  reset('restored')
  await pair.rebuild()
}

function pairOf({ stack }: System) {
  if (stack.standby === undefined) throw new Error('this fault needs a standby')
  return stack.standby
}

const RETRY_EVERY_MS = 300
const GIVE_UP_AFTER_MS = 20_000

/** Tries for a while: the statements wait for locks of running transactions, and give way to them. */
async function execute(system: System, sql: string): Promise<void> {
  const endMs = performance.now() + GIVE_UP_AFTER_MS
  for (;;) {
    try {
      await using client = await connect(system)
      // A statement of its own each: some may not run inside a transaction.
      for (const statement of statementsOf(sql)) await client.query(statement)
      return
    } catch (error) {
      if (performance.now() > endMs) throw error
    }
    await delay(RETRY_EVERY_MS)
  }
}

function statementsOf(sql: string): string[] {
  return sql.split(/;\s+(?=create|select|alter|set)/i)
}

async function connect({ dsn }: System): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString: dsn, connectionTimeoutMillis: 5_000, lock_timeout: 5_000 })
  client.on('error', () => {}) // its server may be gone at any time
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end().catch(() => {}) })
}
