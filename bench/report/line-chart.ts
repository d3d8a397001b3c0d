import { linearAxis } from './axis.ts'
import { line, picture, polyline, text, WIDTH, type Mark, type Point } from './svg.ts'

export interface LineChart {
  readonly title: string
  readonly description: string
  readonly x: { readonly label: string; readonly max: number }
  readonly y: { readonly label: string }
  /** One for each round. */
  readonly lines: readonly (readonly Point[])[]
  /** On the y axis. */
  readonly mark: Mark
}

const LEFT = 64
const RIGHT = WIDTH - 40
const TOP = 72
const BOTTOM = 320
const HEIGHT = 376

/** Curves over one axis from 0, each round its own. */
export function lineChart({ title, description, x, y, lines, mark }: LineChart): string {
  const across = linearAxis([x.max])
  const up = linearAxis([mark.at, ...lines.flat().map((point) => point.y)])
  const place = (point: Point): Point => ({
    x: LEFT + across.at(point.x) * (RIGHT - LEFT),
    y: BOTTOM - up.at(point.y) * (BOTTOM - TOP),
  })
  const [from, to] = [place({ x: 0, y: mark.at }), place({ x: x.max, y: mark.at })]
  return picture({ title, description, height: HEIGHT }, [
    ...up.ticks.flatMap((tick) => {
      const at = place({ x: 0, y: tick })
      return [
        line(at, { ...at, x: RIGHT }, 'grid'),
        text({ x: at.x - 8, y: at.y + 4 }, tick.toLocaleString('en-US'), 'soft', 'end'),
      ]
    }),
    ...across.ticks.map((tick) =>
      text({ x: place({ x: tick, y: 0 }).x, y: BOTTOM + 18 }, tick.toLocaleString('en-US'), 'soft', 'middle'),
    ),
    text({ x: (LEFT + RIGHT) / 2, y: BOTTOM + 40 }, x.label, 'soft', 'middle'),
    text({ x: LEFT, y: TOP - 14 }, y.label, 'soft'),
    ...lines.filter((points) => points.length > 0).map((points) => polyline(points.map(place), 'curve')),
    line(from, to, 'mark'),
    text({ x: to.x, y: to.y - 6 }, mark.label, 'told', 'end'),
  ])
}
