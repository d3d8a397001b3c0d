import { defineConfig, type Plugin } from 'vite'

const SERVICE = 'http://127.0.0.1:8080'

/** A theme that somebody chose must be set before the first paint, so nothing is painted before the script ran. */
const paintAfterScript: Plugin = {
  name: 'paint-after-script',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
}

export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  plugins: [paintAfterScript],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // The policy of the page allows scripts and styles from files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // For working on the page: `npm run dev:ui` beside a running service.
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': SERVICE,
      '/order/': SERVICE,
      '/orders/': {
        target: SERVICE,
        bypass: ({ headers }) => (headers.accept?.includes('text/html') === true ? '/index.html' : undefined),
      },
    },
  },
})
