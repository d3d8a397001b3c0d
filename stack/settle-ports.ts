import type { KafkaPorts } from './kafka-properties.ts'
import type { StackNodes } from './layout.ts'
import { choosePort, isPortFree } from './ports.ts'
import type { ServerNode } from './server-node.ts'
import type { StackState } from './state.ts'

export interface PortWishes {
  readonly preferredPorts?: { readonly kafka: number; readonly postgres: number } | undefined
  readonly advertise?: readonly number[] | undefined
}

/** The ports that are recorded for these servers. */
export function portsOf(state: StackState, servers: readonly ServerNode[], nodes: StackNodes): number[] {
  const wanted = (node: ServerNode | undefined) => node !== undefined && servers.includes(node)
  return [
    ...state.kafkaPorts.flatMap(({ broker, controller, proxied }, index) =>
      wanted(nodes.kafka[index]) ? [broker, controller, ...(proxied ? [proxied.port] : [])] : [],
    ),
    ...nodes.postgresServers.filter(wanted).map(({ port }) => port),
  ]
}

/** Gives every server that does not run ports that are free now, the recorded ones if they are. */
export async function settlePorts(state: StackState, nodes: StackNodes, wishes: PortWishes): Promise<void> {
  const { preferredPorts: preferred, advertise } = wishes
  // A server that no pid file names would make its own ports look taken.
  await Promise.all(nodes.all.filter((node) => node.pid === undefined).map((node) => node.kill()))
  const advertised = state.kafkaPorts.map(({ proxied }, index) => advertise?.[index] ?? proxied?.advertised)
  const taken = new Set(advertised.filter((port) => port !== undefined))
  const keepOrChoose = async (node: ServerNode | undefined, port: number, wanted?: number) => {
    if (node?.pid === undefined && (port === 0 || taken.has(port) || !(await isPortFree(port)))) {
      return await choosePort(taken, wanted)
    }
    taken.add(port)
    return port
  }
  const kafkaPorts: KafkaPorts[] = []
  for (const [index, { broker, controller, proxied }] of state.kafkaPorts.entries()) {
    const node = nodes.kafka[index]
    const itsAdvertised = advertised[index]
    kafkaPorts.push({
      broker: await keepOrChoose(node, broker, preferred?.kafka),
      controller: await keepOrChoose(node, controller),
      ...(itsAdvertised !== undefined && {
        // A broker that runs without this listener has no port that could be kept.
        proxied: {
          port: await keepOrChoose(proxied && node, proxied?.port ?? 0),
          advertised: itsAdvertised,
        },
      }),
    })
  }
  if (JSON.stringify(kafkaPorts) !== JSON.stringify(state.kafkaPorts)) {
    // The nodes know each other's controller ports from their properties only.
    await Promise.all(nodes.kafka.map((node) => node.stop()))
    state.kafkaPorts = kafkaPorts
  }
  await settlePostgresPorts(state, nodes, keepOrChoose, preferred?.postgres)
}

async function settlePostgresPorts(
  state: StackState,
  nodes: StackNodes,
  keepOrChoose: (node: ServerNode | undefined, port: number, wanted?: number) => Promise<number>,
  preferred: number | undefined,
) {
  const before = nodes.postgres.port
  const [first, second] = nodes.postgresServers
  state.postgresPort = await keepOrChoose(first, state.postgresPort, preferred)
  if (!state.standby) return
  state.standby = { ...state.standby, port: await keepOrChoose(second, state.standby.port) }
  // It learns at a start where the primary is.
  if (nodes.postgres.port !== before) await nodes.pair?.standby.stop()
}
