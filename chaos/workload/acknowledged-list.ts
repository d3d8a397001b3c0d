import { appendFileSync, createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Acknowledged } from '../checker/evidence.ts'

/** Durable against the end of this process when it returns: one line of JSON for each record. */
export function appendToList(file: string, records: readonly Acknowledged[]): void {
  appendFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''))
}

/** Throws when a line is not whole. */
export async function readList(file: string): Promise<Acknowledged[]> {
  const records: Acknowledged[] = []
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const record: Acknowledged = JSON.parse(line)
    records.push(record)
  }
  return records
}
