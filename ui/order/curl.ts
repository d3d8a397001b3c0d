/** Always JSON: `/orders/…` would look at what the asker accepts. A uid has nothing in it that a shell minds. */
export function curlFor(origin: string, uid: string): string {
  return `curl '${origin}/order/${encodeURIComponent(uid)}'`
}
