/** Text and attributes of SVG, and the look that all pictures share. */

export const WIDTH = 760

export interface Point {
  readonly x: number
  readonly y: number
}

/** A value on an axis that a line marks. */
export interface Mark {
  readonly at: number
  readonly label: string
}

/** The system's colours, light or dark; the paper is drawn, so that no page shines through. */
const STYLE = `
    svg { --paper: #ffffff; --ink: #1f2933; --soft: #5b6773; --line: #c9d1d9; --ours: #2f7d4f; --other: #9aa7b4;
      --mark: #c0453b; font-family: system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; }
    @media (prefers-color-scheme: dark) {
      svg { --paper: #161b22; --ink: #e6edf3; --soft: #9da7b3; --line: #38424d; --ours: #63c089; --other: #6e7a87;
        --mark: #f0857c; }
    }
    .paper { fill: var(--paper); }
    text { fill: var(--ink); font-size: 13px; }
    .title { font-size: 16px; font-weight: 600; }
    .soft { fill: var(--soft); font-size: 12px; }
    .grid { stroke: var(--line); stroke-width: 1; }
    .ours { fill: var(--ours); } .other { fill: var(--other); }
    .whisker { stroke: var(--ink); stroke-width: 1.5; fill: none; }
    .curve { stroke: var(--ours); stroke-width: 1.2; fill: none; stroke-linejoin: round; }
    .mark { stroke: var(--mark); stroke-width: 1.5; stroke-dasharray: 5 4; } .told { fill: var(--mark); font-size: 12px; }
`

/** A whole picture; `description` is what somebody hears who can't see it. */
export function picture(
  {
    title,
    description,
    height,
  }: { readonly title: string; readonly description: string; readonly height: number },
  content: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title desc">`,
    `  <title id="title">${escape(title)}</title>`,
    `  <desc id="desc">${escape(description)}</desc>`,
    `  <style>${STYLE}  </style>`,
    `  <rect class="paper" width="${WIDTH}" height="${height}" rx="10"/>`,
    `  ${text({ x: 24, y: 32 }, title, 'title')}`,
    ...content.map((element) => `  ${element}`),
    '</svg>',
    '',
  ].join('\n')
}

export function text(
  { x, y }: Point,
  content: string,
  look = '',
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  const anchored = anchor === 'start' ? '' : ` text-anchor="${anchor}"`
  return `<text${look === '' ? '' : ` class="${look}"`} x="${round(x)}" y="${round(y)}"${anchored}>${escape(content)}</text>`
}

export function line(from: Point, to: Point, look: string): string {
  return `<path class="${look}" d="M${round(from.x)} ${round(from.y)}L${round(to.x)} ${round(to.y)}"/>`
}

export function polyline(points: readonly Point[], look: string): string {
  return `<path class="${look}" d="M${points.map(({ x, y }) => `${round(x)} ${round(y)}`).join('L')}"/>`
}

export function rectangle(corner: Point, width: number, height: number, look: string): string {
  const { x, y } = corner
  return `<rect class="${look}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="2"/>`
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
