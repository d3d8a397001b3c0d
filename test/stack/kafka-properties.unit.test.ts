import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { kafkaProperties } from '../../stack/kafka-properties.ts'

const three = [1, 2, 3].map((n) => ({ broker: 9000 + n, controller: 9100 + n }))

describe('the properties of a Kafka node', () => {
  it('name every voter and the listeners of this node', () => {
    const lines = kafkaProperties(2, three, '/data').split('\n')
    assert.ok(lines.includes('controller.quorum.voters=1@127.0.0.1:9101,2@127.0.0.1:9102,3@127.0.0.1:9103'))
    assert.ok(lines.includes('listeners=PLAINTEXT://127.0.0.1:9002,CONTROLLER://127.0.0.1:9102'))
    assert.ok(lines.includes('node.id=2'))
  })

  it('replicate to all three brokers and let one of them fail', () => {
    const lines = kafkaProperties(1, three, '/data').split('\n')
    for (const line of ['default.replication.factor=3', 'min.insync.replicas=2'])
      assert.ok(lines.includes(line))
  })

  it('ask no more of a single broker than it has', () => {
    const lines = kafkaProperties(1, three.slice(0, 1), '/data').split('\n')
    for (const line of ['default.replication.factor=1', 'min.insync.replicas=1'])
      assert.ok(lines.includes(line))
  })
})
