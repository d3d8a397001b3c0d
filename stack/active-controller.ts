import { join } from 'node:path'
import { readJsonObject } from './files.ts'
import type { KafkaNode } from './kafka.ts'

/**
 * The node whose controller leads the others; undefined while they elect one, or when it does not run. Read from
 * what the nodes keep on disk: clients are told of any broker.
 */
export function activeController(nodes: readonly KafkaNode[]): KafkaNode | undefined {
  let epoch = -1
  let leader: KafkaNode | undefined
  for (const node of nodes) {
    const { leaderId, leaderEpoch } = electionOf(node)
    // One that was killed or paused remembers an election that has passed.
    if (leaderEpoch < epoch || (leaderEpoch === epoch && leader !== undefined)) continue
    epoch = leaderEpoch
    leader = nodes[leaderId - 1]
  }
  return leader?.pid === undefined ? undefined : leader
}

function electionOf({ dataDir }: KafkaNode): { leaderId: number; leaderEpoch: number } {
  const state = readJsonObject(join(dataDir, '__cluster_metadata-0', 'quorum-state'))
  return { leaderId: Number(state?.['leaderId'] ?? -1), leaderEpoch: Number(state?.['leaderEpoch'] ?? -1) }
}
