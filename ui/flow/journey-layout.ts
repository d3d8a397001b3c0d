/** A block of texts in the picture: what it is, how many a second, how many in all. */
interface Label {
  readonly x: number
  readonly caption: number
  readonly number: number
  readonly total: number
  /** Where the number ends, when it stands at the end of its line. */
  readonly end?: number
}

export type StopName = 'read' | 'waiting' | 'duplicates' | 'stored' | 'retries' | 'deadLetters'
export type ChannelName = 'in' | 'stored' | 'duplicates' | 'retries' | 'deadLetters'

export interface Layout {
  readonly name: 'wide' | 'narrow'
  readonly width: number
  readonly height: number
  /** Paths in the direction of the flow. */
  readonly channels: Readonly<Record<ChannelName, string>>
  readonly labels: Readonly<Record<StopName, Label>>
  /** What waits before the gate fills this from its bottom up. */
  readonly reservoir: Box
  readonly basin: Box
  /** The surface of the basin. */
  readonly surface: string
  /** Two posts, the blade between them when shut, and how far it is lifted. */
  readonly gate: {
    readonly posts: readonly Box[]
    readonly blade: Box
    readonly lift: readonly [x: number, y: number]
    readonly label: { readonly x: number; readonly y: number; readonly anchor: 'start' | 'middle' }
  }
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export const WIDE: Layout = {
  name: 'wide',
  width: 1200,
  height: 420,
  channels: {
    in: 'M0 215H411',
    stored: 'M410 215H852',
    duplicates: 'M470 215C560 215 560 66 650 66H852',
    retries: 'M480 215C570 215 570 352 480 352H150C70 352 70 215 150 215H180',
    deadLetters: 'M600 215C690 215 690 368 780 368H852',
  },
  labels: {
    read: { x: 2, caption: 112, number: 156, total: 182 },
    waiting: { x: 226, caption: 112, number: 156, total: 182 },
    duplicates: { x: 872, caption: 36, number: 76, total: 100 },
    stored: { x: 872, caption: 176, number: 230, total: 258 },
    retries: { x: 172, caption: 268, number: 308, total: 332 },
    deadLetters: { x: 872, caption: 338, number: 378, total: 402 },
  },
  reservoir: { x: 378, y: 82, width: 20, height: 112 },
  basin: { x: 852, y: 138, width: 348, height: 150 },
  surface: 'M852 142q14.500-8 29 0t29 0 29 0 29 0 29 0 29 0 29 0 29 0 29 0 29 0 29 0 29 0V288H852Z',
  gate: {
    posts: [
      { x: 404, y: 74, width: 4, height: 176 },
      { x: 420, y: 74, width: 4, height: 176 },
    ],
    blade: { x: 409, y: 172, width: 10, height: 78 },
    lift: [0, -94],
    label: { x: 438, y: 92, anchor: 'start' },
  },
}

export const NARROW: Layout = {
  name: 'narrow',
  width: 360,
  height: 560,
  channels: {
    in: 'M56 0V189',
    stored: 'M56 189V456',
    duplicates: 'M56 214C56 252 68 258 98 258',
    retries: 'M56 250C56 326 14 326 14 250V116C14 66 56 66 56 116V126',
    deadLetters: 'M56 340C56 392 68 398 98 398',
  },
  labels: {
    read: { x: 112, caption: 26, number: 29, total: 46, end: 356 },
    waiting: { x: 112, caption: 96, number: 99, total: 116, end: 356 },
    duplicates: { x: 112, caption: 254, number: 257, total: 274, end: 356 },
    retries: { x: 112, caption: 324, number: 327, total: 344, end: 356 },
    deadLetters: { x: 112, caption: 394, number: 397, total: 414, end: 356 },
    stored: { x: 16, caption: 496, number: 512, total: 518, end: 346 },
  },
  reservoir: { x: 84, y: 84, width: 12, height: 96 },
  basin: { x: 0, y: 452, width: 360, height: 108 },
  surface: 'M0 456q15-8 30 0t30 0 30 0 30 0 30 0 30 0 30 0 30 0 30 0 30 0 30 0 30 0V560H0Z',
  gate: {
    posts: [
      { x: 32, y: 184, width: 84, height: 2.5 },
      { x: 32, y: 195, width: 84, height: 2.5 },
    ],
    blade: { x: 35, y: 187.5, width: 42, height: 6.5 },
    lift: [37, 0],
    label: { x: 126, y: 196, anchor: 'start' },
  },
}

/** Wider by the same amount for each tenfold, so that a trickle beside a flood can still be seen. */
export function channelWidth(perSecond: number): number {
  return perSecond <= 0 ? 0 : Math.min(32, 3 + 6.5 * Math.log10(1 + perSecond))
}

/** 0 to 1; full at ten million records. */
export function waterLevel(waiting: number): number {
  return waiting <= 0 ? 0 : Math.min(1, 0.08 + Math.log10(waiting) / 7.6)
}
