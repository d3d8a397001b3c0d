/** A part of the report, from which both the text for a terminal and the page are made. */
export interface Section {
  readonly title: string
  /** How it was measured, and what to think of it. */
  readonly intro: string
  readonly tables: readonly Table[]
  readonly targets: readonly Target[]
  readonly pictures: readonly Picture[]
}

export interface Table {
  readonly headings: Row
  readonly rows: readonly Row[]
}

/** What it is, and its figures. */
export type Row = readonly [name: string, ...figures: string[]]

/** What was to be reached. */
export interface Target {
  readonly what: string
  readonly measured: string
  readonly verdict: Verdict
}

export type Verdict = 'met' | 'missed' | 'does not apply' | 'not measured'

export interface Picture {
  /** Name of its file. */
  readonly file: string
  readonly alt: string
  readonly svg: string
}
