import type { BenchStack } from '../bench-stack.ts'
import { measureDrain, type Drain } from '../drain.ts'
import type { BenchPlan } from '../plan.ts'
import { fillTopic, type FilledTopic } from '../topic.ts'
import { inTurns, type Measured, type Turns } from '../turns.ts'
import { tellRate } from './tell.ts'

interface Size {
  readonly partitions: number
  readonly instances: number
}

export interface ScaleResult {
  readonly orders: number
  readonly cases: readonly (Measured<Drain> & Size)[]
}

const SIZES: readonly Size[] = [
  { partitions: 1, instances: 1 },
  { partitions: 2, instances: 1 },
  { partitions: 4, instances: 1 },
  { partitions: 2, instances: 2 },
  { partitions: 4, instances: 2 },
]

/** What more partitions and more instances bring on this machine. */
export async function runScale(stack: BenchStack, { orders }: BenchPlan, turns: Turns): Promise<ScaleResult> {
  const topics = new Map<number, FilledTopic>()
  for (const { partitions } of SIZES) {
    if (topics.has(partitions)) continue
    const plan = { name: `scale-${partitions}`, records: orders, partitions, invalidShare: 0 }
    topics.set(partitions, await fillTopic(stack, plan, turns.stopping))
  }
  const cases = await inTurns(
    turns,
    SIZES.map((size) => ({ ...size, name: nameOf(size) })),
    async ({ partitions, instances }) => {
      const topic = topics.get(partitions)
      if (topic === undefined) throw new Error(`no topic has ${partitions} partitions`)
      return measureDrain(stack, topic, { instances }, turns.stopping)
    },
    tellRate,
  )
  return { orders, cases }
}

function nameOf({ partitions, instances }: Size): string {
  return `${counted(partitions, 'partition')}, ${counted(instances, 'instance')}`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
