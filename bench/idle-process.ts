import { openEventStreams, openSlowloris } from './idle-sockets.ts'
import type { IdleQuestion } from './idle-clients.ts'

/** A process of its own, so that what thousands of sockets cost is not taken from whoever measures. */
const open = { 'event streams': openEventStreams, slowloris: openSlowloris } as const

process.once('message', ({ kind, port, count }: IdleQuestion) => {
  void open[kind](port, count).then((received) => {
    process.send?.('open')
    process.on('message', () => process.send?.(received()))
  })
})
process.once('disconnect', () => process.exit())
