import type { Spread } from '../statistics.ts'
import { linearAxis, logarithmicAxis, type Axis } from './axis.ts'
import { line, picture, rectangle, text, WIDTH, type Mark } from './svg.ts'

export interface BarChart {
  readonly title: string
  readonly description: string
  readonly unit: string
  readonly scale: 'linear' | 'logarithmic'
  readonly bars: readonly Bar[]
  readonly mark?: Mark
}

export interface Bar {
  readonly label: string
  /** The bar ends at the median, a whisker reaches from the lowest to the highest. */
  readonly spread: Spread
  /** The figure in words. */
  readonly text: string
  readonly isOurs?: boolean
}

const LEFT = 200
const RIGHT = WIDTH - 200
const TOP = 64
const ROW = 30
const BAR = 18
const CAP = 5
const GAP = 10
/** About as wide as a digit is. */
const CHARACTER = 8
const AXIS_ROOM = 56

/** Lying bars, one below the other. */
export function barChart({ title, description, unit, scale, bars, mark }: BarChart): string {
  const values = bars.flatMap(({ spread }) => [spread.median, spread.min, spread.max])
  if (mark !== undefined) values.push(mark.at)
  const axis = scale === 'linear' ? linearAxis(values) : logarithmicAxis(values)
  const bottom = TOP + bars.length * ROW
  return picture({ title, description, height: bottom + AXIS_ROOM }, [
    ...grid(axis, bottom, unit),
    ...bars.flatMap((bar, index) => drawBar(bar, axis, TOP + index * ROW, mark)),
    ...(mark === undefined ? [] : drawMark(mark, axis, bottom)),
  ])
}

function across(axis: Axis, value: number): number {
  return LEFT + axis.at(value) * (RIGHT - LEFT)
}

function grid(axis: Axis, bottom: number, unit: string): string[] {
  return [
    ...axis.ticks.flatMap((tick) => {
      const x = across(axis, tick)
      return [
        line({ x, y: TOP }, { x, y: bottom }, 'grid'),
        text({ x, y: bottom + 18 }, tick.toLocaleString('en-US'), 'soft', 'middle'),
      ]
    }),
    text({ x: (LEFT + RIGHT) / 2, y: bottom + 40 }, unit, 'soft', 'middle'),
  ]
}

function drawBar(
  { label, spread, text: figure, isOurs = false }: Bar,
  axis: Axis,
  top: number,
  mark: Mark | undefined,
): string[] {
  const middle = top + ROW / 2
  const [from, to] = [across(axis, spread.min), across(axis, spread.max)]
  const end = across(axis, spread.median)
  const cap = (x: number): string => line({ x, y: middle - CAP }, { x, y: middle + CAP }, 'whisker')
  return [
    text({ x: LEFT - 10, y: middle + 4 }, label, '', 'end'),
    rectangle({ x: LEFT, y: middle - BAR / 2 }, end - LEFT, BAR, isOurs ? 'ours' : 'other'),
    line({ x: from, y: middle }, { x: to, y: middle }, 'whisker'),
    cap(from),
    cap(to),
    text({ x: besideMark(Math.max(to, end) + GAP, figure, axis, mark), y: middle + 4 }, figure),
  ]
}

/** Where a figure stands that would begin at `x`: behind a mark that would go through it. */
function besideMark(x: number, figure: string, axis: Axis, mark: Mark | undefined): number {
  const marked = mark === undefined ? 0 : across(axis, mark.at)
  return marked > x - GAP && marked < x + figure.length * CHARACTER ? marked + GAP : x
}

function drawMark({ at, label }: Mark, axis: Axis, bottom: number): string[] {
  const x = across(axis, at)
  return [
    line({ x, y: TOP - 6 }, { x, y: bottom }, 'mark'),
    text({ x, y: TOP - 11 }, label, 'told', 'middle'),
  ]
}
