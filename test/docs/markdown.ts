import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Page {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(`${ROOT}/${path}`, 'utf8') }
}

/** Every page of documentation. */
export function allPages(): Page[] {
  const names = readdirSync(`${ROOT}/docs`, { recursive: true, encoding: 'utf8' })
  const inDocs = names
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
  return ['README.md', 'CHANGELOG.md', ...inDocs].map(readPage)
}

/** Sources of a folder as one text. */
export function sourceOf(folder: string): string {
  return readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`${ROOT}/${folder}/${name}`, 'utf8'))
    .join('\n')
}

export function headings({ text }: Page): string[] {
  return matches(withoutBlocks(text), /^#{1,6} (.+)$/gm)
}

/** As GitHub makes the anchor of a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

/** What is below a heading, up to the next of the same or a higher level; undefined when there is none. */
export function section({ text }: Page, heading: string): string | undefined {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading)
  if (start < 0) return undefined
  const level = /^#+/.exec(lines[start] ?? '')?.[0].length ?? 0
  const length = lines.slice(start + 1).findIndex((line) => (/^(#+) /.exec(line)?.[1]?.length ?? 9) <= level)
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n')
}

/** The lines of all fenced blocks of shell commands. */
export function commandLines(text: string): string[] {
  return matches(text, /^ *```sh\n([\s\S]*?)^ *```/gm).flatMap((block) =>
    block
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )
}

/** Code spans. */
export function codeSpans(text: string): string[] {
  return matches(withoutBlocks(text), /`([^`\n]+)`/g)
}

export function links(text: string): string[] {
  return matches(withoutBlocks(text), /\]\(([^)\s]+)\)/g)
}

/** The first group of each match. */
export function matches(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([, group = '']) => group)
}

function withoutBlocks(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```/gm, '')
}
