import type { Log } from '../pipeline/log.ts'
import type { Cluster } from './cluster.ts'
import type { FetchLoop } from './fetch-loop.ts'
import type { GroupMembership } from './membership.ts'

/** Puts the parts together that a role reads with. */
export function logOf(cluster: Cluster, fetchLoop: FetchLoop, membership: GroupMembership): Log {
  return {
    topic: (name) => cluster.topic(name),
    range: (topic, partition) => cluster.range(topic, partition),
    open: (at) => fetchLoop.open(at),
    commitCopy: (...copy) => membership.commitCopy(...copy),
  }
}
