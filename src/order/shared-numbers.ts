/** Some hundred orders share one array, which lives as long as the last of them. */
const ARRAY_NUMBERS = 32_768
let shared = new Float64Array(ARRAY_NUMBERS)
let used = 0

/**
 * Puts the first `count` of `numbers`, at most 32,768, where they stay, and tells where that is. Numbers that
 * live as long as a batch are many: in arrays of their own, most of the collector's work would be to move them.
 */
export function keepNumbers(
  numbers: Float64Array,
  count: number,
): { readonly fields: Float64Array; readonly start: number } {
  if (used + count > ARRAY_NUMBERS) {
    shared = new Float64Array(ARRAY_NUMBERS)
    used = 0
  }
  const start = used
  for (let i = 0; i < count; i++) shared[start + i] = numbers[i] ?? 0
  used += count
  return { fields: shared, start }
}
