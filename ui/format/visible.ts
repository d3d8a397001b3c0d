/** A piece of a text: to be shown as it is, or, where it could not be seen, by the name of its character. */
export interface Piece {
  readonly kind: 'plain' | 'unseen'
  readonly text: string
}

/**
 * Control and format characters (among them the marks that turn the direction of what follows), separators
 * other than the space, characters without a meaning, and lone surrogates. Whoever puts them into a name may
 * want a reader to see something else than what is stored. U+200C and U+200D join letters and emoji, but can
 * hide a difference as well.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}|\p{Default_Ignorable_Code_Point}/gu

/** Cuts a text into what can be shown and what has to be named. Pieces joined by their sources give the text. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  let from = 0
  for (const match of text.matchAll(UNSEEN)) {
    if (match.index > from) found.push({ kind: 'plain', text: text.slice(from, match.index) })
    found.push({ kind: 'unseen', text: nameOf(match[0]) })
    from = match.index + match[0].length
  }
  if (from < text.length) found.push({ kind: 'plain', text: text.slice(from) })
  return found
}

/** The same JSON with nothing in it that can't be seen: JSON has an escape for each of them. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => line.replace(UNSEEN, jsonEscape))
    .join('\n')
}

function nameOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

function jsonEscape(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('')
}

/** For places that take no elements, such as a title. */
export function visibleText(text: string): string {
  return pieces(text)
    .map((piece) => piece.text)
    .join('')
}
