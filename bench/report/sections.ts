import type { BenchResult } from '../run.ts'
import { backlogSection } from './backlog.ts'
import { drainSection } from './drain.ts'
import { latencySection } from './latency.ts'
import { poisonSection } from './poison.ts'
import { readsSection } from './reads.ts'
import { scaleSection } from './scale.ts'
import type { Section } from './section.ts'
import { warmUpSection } from './warm-up.ts'

/** One for each scenario that was measured. */
export function sectionsOf(result: BenchResult): Section[] {
  const { drain, latency, poison, backlog, reads, 'warm-up': warmUp, scale } = result
  return [
    drain && drainSection(drain),
    latency && latencySection(latency),
    poison && poisonSection(poison),
    backlog && backlogSection(backlog),
    reads && readsSection(reads),
    warmUp && warmUpSection(warmUp),
    scale && scaleSection(scale),
  ].filter((section) => section !== undefined)
}
