import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barChart, type BarChart } from '../../bench/report/bar-chart.ts'
import { lineChart } from '../../bench/report/line-chart.ts'
import { matches } from '../docs/markdown.ts'

const CHART: BarChart = {
  title: 'Rates',
  description: 'two rates',
  unit: 'orders/s',
  scale: 'linear',
  bars: [
    { label: 'ceiling', spread: { median: 1000, min: 900, max: 1000 }, text: '1,000' },
    { label: 'ours', spread: { median: 500, min: 250, max: 750 }, text: '500', isOurs: true },
  ],
  mark: { at: 500, label: 'target' },
}

const LINES = {
  title: 'Memory',
  description: 'memory by orders',
  x: { label: 'orders', max: 100 },
  y: { label: 'MB' },
  lines: [
    [
      { x: 0, y: 100 },
      { x: 100, y: 150 },
    ],
    [],
  ],
  mark: { at: 200, label: 'target 200 MB' },
}

/** Horizontal places of all strokes of one look, from and to. */
function strokes(svg: string, look: string): number[][] {
  return [...svg.matchAll(new RegExp(`class="${look}" d="M([\\d.]+) [\\d.]+L([\\d.]+) `, 'g'))].map(
    ([, from, to]) => [Number(from), Number(to)],
  )
}

test('a bar is as long as its median, and its whisker goes from the lowest to the highest', () => {
  const svg = barChart(CHART)
  const [ceiling, ours] = ['other', 'ours'].map((look) =>
    Number(matches(svg, new RegExp(`<rect class="${look}".* width="([\\d.]+)"`, 'g'))[0]),
  )
  assert.ok(ceiling !== undefined && ceiling > 100)
  assert.equal(ours, ceiling / 2)
  const left = Number(matches(svg, /<rect class="ours" x="([\d.]+)"/g)[0])
  const whiskers = strokes(svg, 'whisker').filter(([from, to]) => from !== to)
  assert.deepEqual(
    whiskers.map((ends) => ends.map((x) => (x - left) / ceiling)),
    [
      [0.9, 1],
      [0.25, 0.75],
    ],
  )
})

test('a mark stands at its value, also where no bar reaches it', () => {
  const within = strokes(barChart(CHART), 'mark')
  const ours = strokes(barChart(CHART), 'whisker').filter(([from, to]) => from !== to)[1] ?? []
  assert.equal(within[0]?.[0], ((ours[0] ?? NaN) + (ours[1] ?? NaN)) / 2)
  const beyond = barChart({ ...CHART, mark: { at: 4_000, label: 'far' } })
  assert.match(beyond, />4,000</)
})

test('on a logarithmic scale ten times as much is one step more', () => {
  const spreads = [10, 100, 1_000].map((value) => ({ median: value, min: value, max: value }))
  const svg = barChart({
    ...CHART,
    scale: 'logarithmic',
    bars: spreads.map((spread) => ({ label: 'x', spread, text: 'x' })),
  })
  const widths = matches(svg, /<rect class="other".* width="([\d.]+)"/g).map(Number)
  assert.equal(widths[2], 2 * (widths[1] ?? NaN))
})

test('a line goes through its points, and a round without any leaves none', () => {
  const svg = lineChart(LINES)
  const curves = matches(svg, /class="curve" d="M([^"]*)"/g)
  assert.equal(curves.length, 1)
  const [[fromX = NaN, fromY = NaN] = [], [toX = NaN, toY = NaN] = []] = (curves[0] ?? '')
    .split('L')
    .map((point) => point.split(' ').map(Number))
  const mark = Number(/class="mark" d="M[\d.]+ ([\d.]+)/.exec(svg)?.[1])
  const zero = 2 * fromY - mark
  assert.ok(toX > fromX)
  // 100 is half of the mark's 200, 150 three quarters.
  assert.ok(Math.abs((zero - toY) / (zero - mark) - 0.75) < 0.01)
})

test('texts are escaped, and every picture says what it shows to who can not see it', () => {
  for (const svg of [
    barChart({ ...CHART, title: 'a < b', description: 'x & y' }),
    lineChart({ ...LINES, title: 'a < b', description: 'x & y' }),
  ]) {
    assert.match(svg, /<title id="title">a &lt; b<\/title>/)
    assert.match(svg, /<desc id="desc">x &amp; y<\/desc>/)
    assert.match(svg, /role="img" aria-labelledby="title desc"/)
  }
})

test('pictures are readable by light and in the dark: no shape has a colour of its own', () => {
  for (const svg of [barChart(CHART), lineChart(LINES)]) {
    assert.match(svg, /prefers-color-scheme: dark/)
    assert.doesNotMatch(svg.replace(/<style>[\s\S]*<\/style>/, ''), /fill=|stroke=|style=/)
  }
})
