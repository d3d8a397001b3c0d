import type { Metrics } from '../telemetry/metrics.ts'

/** Measures a stage from outside, whether it succeeds or not; the stage itself knows no metrics. */
export async function timed<T>(
  metrics: Metrics,
  stage: 'produce' | 'store',
  work: () => Promise<T>,
): Promise<T> {
  const end = metrics.stageSeconds.startTimer({ stage })
  try {
    return await work()
  } finally {
    end()
  }
}
