import { registerHooks } from 'node:module'

/**
 * The service with one of its stages wrapped, so that it does what `BUG` names. Nothing in the service knows
 * of it: where it imports a stage, it gets the wrapped one.
 */
const stages = new URL('planted-stages.ts', import.meta.url).href
const WRAPPED = new Set(
  ['wiring/role-parts.ts', 'wiring/fill-cache.ts', 'kafka/producer.ts'].map(
    (path) => new URL(`../../src/${path}`, import.meta.url).href,
  ),
)

registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context)
    const wrap = WRAPPED.has(resolved.url) && context.parentURL !== stages
    return wrap ? { ...resolved, url: stages } : resolved
  },
})

await import('../../src/cli/serve.ts')
