import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'

/** What a replica may weigh in a browser, minified and gzipped: 35 KB (DESIGN 4.10). Executing GraphQL over it is to fit in, too. */
const BUDGET = 35 * 1024

const ENTRY = '\0app'
/** What an app imports to open one; its disk is its own, and texts are loaded where one is opened. */
const APP = `export { openReplica } from '@zg/client'; export { catalog } from '@zg/core'`

async function bundled() {
  const bundle = await rolldown({
    input: ENTRY,
    platform: 'browser',
    cwd: import.meta.dirname,
    resolve: { conditionNames: ['@zg/source', 'import', 'default'] },
    plugins: [
      {
        name: 'app',
        resolveId: id => (id === ENTRY ? id : null),
        load: id => (id === ENTRY ? APP : null),
      },
    ],
  })
  const { output } = await bundle.generate({ minify: true })
  await bundle.close()
  const [chunk, ...others] = output
  expect(others).toEqual([])
  const modules = Object.entries(chunk.modules).map(([file, { renderedLength }]) => ({
    file: file.replace(/^.*\/(?=(core|client|node_modules)\/)/, ''),
    length: renderedLength,
  }))
  return { code: chunk.code, modules: modules.sort((a, b) => b.length - a.length) }
}

test('a replica is no larger than it may be, and brings neither Yjs nor GraphQL', async () => {
  const { code, modules } = await bundled()
  const size = gzipSync(code, { level: 9 }).length
  const largest = modules.slice(0, 12).map(({ file, length }) => `${length} ${file}`)
  const told = `${size} bytes of ${BUDGET}. The largest modules, in characters of source:\n${largest.join('\n')}`
  expect(size, told).toBeLessThanOrEqual(BUDGET)
  expect(size, told).toBeGreaterThan(BUDGET / 2)
  expect(modules.filter(({ file }) => /node_modules|graphql|yjs/.test(file))).toEqual([])
})
