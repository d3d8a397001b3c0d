/** What may stand in an address as an order's uid. */
const UID = /^[A-Za-z0-9._:~-]{1,128}$/
const MAX_LENGTH = 1_024

export function isUid(text: string): boolean {
  return UID.test(text) && text !== '.' && text !== '..'
}

/**
 * What somebody meant who pasted this: an address of this page or of the API gives its last part, an order
 * as JSON its uid, a quoted text what is between the quotes, a line of a log the value of `order_uid`.
 * Anything else is taken as it is, without the white space around it.
 */
export function termOf(pasted: string): string {
  const text = pasted.trim()
  const term = fromAddress(text) ?? fromUidField(text) ?? text.replace(/^(["'`])(.*)\1[,;]?$/s, '$2')
  return term.trim().slice(0, MAX_LENGTH)
}

function fromAddress(text: string): string | undefined {
  const path = /(?:^|\/)(?:orders?|lookup)\/([^/?#\s]+)/.exec(text)?.[1]
  if (path === undefined || !/^(https?:\/\/|\/|orders?\/)/.test(text)) return undefined
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function fromUidField(text: string): string | undefined {
  return /["']?order_uid["']?\s*[:=]\s*["']?([A-Za-z0-9._:~-]{1,128})/.exec(text)?.[1]
}
