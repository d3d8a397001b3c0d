import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Admin, Producer } from '@platformatic/kafka'
import { activeController } from '../../stack/active-controller.ts'
import { startStack } from '../../stack/stack.ts'
import { stackFolder, waitUntil } from '../stack-under-test.ts'

const TOPIC = 'replicated'

describe('a stack of three brokers', () => {
  it('goes on without the one that leads the others and a partition, and takes it back', async (t) => {
    const { brokers, kafka } = await startStack({ dir: stackFolder(t), brokers: 3 })
    const client = { clientId: 'test', bootstrapBrokers: brokers.split(','), retries: 100, retryDelay: 100 }
    const admin = new Admin(client)
    const producer = new Producer(client)
    t.after(async () => await Promise.all([admin.close(), producer.close(true)]))

    const partitions = async () => {
      const { topics } = await admin.metadata({ topics: [TOPIC], forceUpdate: true })
      const found = topics.get(TOPIC)?.partitions ?? assert.fail('no such topic')
      return found.map(({ leader, isr }, index) => ({ index, leader, isr }))
    }
    const inSync = async (replicas: number) =>
      await waitUntil(async () => (await partitions()).every(({ isr }) => isr.length === replicas), {
        deadlineMs: 30_000,
        what: `${replicas} replicas are in sync`,
      })

    // As many as brokers, so each of them leads one.
    await admin.createTopics({ topics: [TOPIC], partitions: 3 })
    await inSync(3)
    const controller = activeController(kafka.nodes) ?? assert.fail('no controller')
    const led = (await partitions()).find(({ leader }) => kafka.nodes[leader - 1] === controller)
    assert.ok(led)
    await controller.kill()
    await producer.send({
      messages: [{ topic: TOPIC, partition: led.index, value: Buffer.from('it is down') }],
      acks: -1,
    })
    const next = await waitUntil(() => activeController(kafka.nodes), { deadlineMs: 10_000, what: 'elected' })
    assert.notEqual(next, controller)
    await inSync(2)
    await controller.start()
    await inSync(3)
  })
})
