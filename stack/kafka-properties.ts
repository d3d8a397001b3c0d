export interface KafkaPorts {
  /** Where clients connect. */
  readonly broker: number
  /** Where the nodes' controllers talk to each other. */
  readonly controller: number
  /** A second listener, for clients that reach it only by way of a proxy. */
  readonly proxied?: {
    readonly port: number
    /** What such clients are told to connect to: the proxy's. */
    readonly advertised: number
  }
}

/**
 * The content of server.properties for one node that is broker and controller. `everyPort[i]` belongs to node
 * i + 1. Ports may differ from one start to the next: the voters are named here, not in the data.
 */
export function kafkaProperties(nodeId: number, everyPort: readonly KafkaPorts[], logDir: string): string {
  const ports = everyPort[nodeId - 1]
  if (!ports) throw new RangeError(`no ports for node ${nodeId}`)
  const replicas = everyPort.length
  // All but one replica: what is acknowledged survives one lost broker, and one lost broker stops nothing.
  const inSync = Math.max(1, replicas - 1)
  const voters = everyPort.map(({ controller }, index) => `${index + 1}@127.0.0.1:${controller}`)
  const { proxied } = ports
  const properties: Record<string, string | number> = {
    'process.roles': 'broker,controller',
    'node.id': nodeId,
    'controller.quorum.voters': voters.join(','),
    listeners: [
      `PLAINTEXT://127.0.0.1:${ports.broker}`,
      `CONTROLLER://127.0.0.1:${ports.controller}`,
      ...(proxied ? [`PROXIED://127.0.0.1:${proxied.port}`] : []),
    ].join(','),
    'advertised.listeners': [
      `PLAINTEXT://127.0.0.1:${ports.broker}`,
      ...(proxied ? [`PROXIED://127.0.0.1:${proxied.advertised}`] : []),
    ].join(','),
    // What goes wrong in a proxy is between clients and brokers, never among brokers.
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT',
    // A backslash escapes in this format.
    'log.dirs': logDir.replaceAll('\\', '\\\\'),
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': 0,
    // After a hard kill a broker is not let in again before its former session has run out (9 s by default).
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    // Small figures for a machine that also runs the database and the service.
    'num.network.threads': 2,
    'num.io.threads': 2,
    'group.coordinator.threads': 1,
    'num.recovery.threads.per.data.dir': 1,
    'log.cleaner.dedupe.buffer.size': 4_194_304,
  }
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
