import { Counter, Gauge, type PrometheusContentType, type Registry } from '@prometheus-io/client'

/** What the cache and the HTTP server tell, to be set just before the metrics are read. */
export function readMetrics(registry: Registry<PrometheusContentType>) {
  const registers = [registry]
  return {
    cacheHits: new Counter({
      name: 'orders_cache_hits_total',
      help: 'Orders asked for that were in memory',
      registers,
    }),
    cacheMisses: new Counter({
      name: 'orders_cache_misses_total',
      help: 'Orders asked for that were not in memory',
      registers,
    }),
    cacheEvictions: new Counter({
      name: 'orders_cache_evictions_total',
      help: 'Orders that made room for others',
      registers,
    }),
    cacheBytes: new Gauge({
      name: 'orders_cache_bytes',
      help: 'What the cache takes, keys and overhead counted',
      registers,
    }),
    cacheMaxBytes: new Gauge({
      name: 'orders_cache_max_bytes',
      help: 'What the cache may take; 0 is none',
      registers,
    }),
    cacheEntries: new Gauge({ name: 'orders_cache_entries', help: 'Orders in memory', registers }),
    warmUpOrders: new Gauge({
      name: 'orders_cache_warm_up_orders',
      help: 'Orders that the warm-up took into memory',
      registers,
    }),
    warmUpRunning: new Gauge({
      name: 'orders_cache_warm_up_running',
      help: '1 while the cache is being filled after a start, else 0',
      registers,
    }),
  }
}
