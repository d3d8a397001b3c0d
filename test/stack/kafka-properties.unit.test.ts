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

  it('advertise a proxy on a listener of its own, which brokers do not use', () => {
    const proxied = three.map((ports, index) => ({
      ...ports,
      proxied: { port: 9200 + index, advertised: 9300 + index },
    }))
    const lines = kafkaProperties(2, proxied, '/data').split('\n')
    for (const line of [
      'listeners=PLAINTEXT://127.0.0.1:9002,CONTROLLER://127.0.0.1:9102,PROXIED://127.0.0.1:9201',
      'advertised.listeners=PLAINTEXT://127.0.0.1:9002,PROXIED://127.0.0.1:9301',
      'inter.broker.listener.name=PLAINTEXT',
    ])
      assert.ok(lines.includes(line), line)
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
