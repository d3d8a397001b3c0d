import { startStack, type Stack } from '../../stack/stack.ts'
import type { ServerNode } from '../../stack/server-node.ts'
import { stackFolder } from '../stack-under-test.ts'

/** A stack that the test may stop and kill; it is removed after the test. */
export async function startOwnStack(test: Parameters<typeof stackFolder>[0]): Promise<Stack> {
  return await startStack({ dir: stackFolder(test) })
}

export function brokerOf({ kafka }: Stack): ServerNode {
  const [broker] = kafka.nodes
  if (broker === undefined) throw new Error('a stack has at least one broker')
  return broker
}
