import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireOrSkip } from '../../../scripts/testing/require.ts'
import { fakeApi } from '../api.suite.ts'
import { post, serve } from '../gateway.suite.ts'
import { type GraphiqlBundle, graphiqlBundle } from './bundle.ts'
import { GRAPHIQL_POLICY, graphiqlHtml } from './html.ts'

let cache: string
let bundle: GraphiqlBundle
const lines: string[] = []

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'zg-graphiql-'))
  const options = { cache, log: (line: string) => lines.push(line) }
  // Two at once, as when two `zg dev` start together.
  const [one, two] = await Promise.all([graphiqlBundle(options), graphiqlBundle(options)])
  expect(one).toEqual(two)
  bundle = one
})

afterAll(() => rm(cache, { recursive: true, force: true }))

/** Whatever the text would make a browser fetch from another host. */
function outside(text: string): string[] {
  const fetching = [
    /<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)\s*=\s*["']?((?:https?:)?\/\/[^"'\s>]+)/g,
    /\bimport\s*\(\s*["'`]((?:https?:)?\/\/[^"'`]+)/g,
    /\b(?:import|from)\s*["']((?:https?:)?\/\/[^"']+)/g,
    /\bimportScripts\s*\(\s*["'`]((?:https?:)?\/\/[^"'`]+)/g,
    /\bnew\s+(?:Worker|SharedWorker|EventSource|WebSocket)\s*\(\s*["'`]((?:https?|wss?):?\/\/[^"'`]+)/g,
    /\bfetch\s*\(\s*["'`]((?:https?:)?\/\/[^"'`]+)/g,
    /\burl\(\s*["']?((?:https?:)?\/\/[^"')]+)/g,
    /@import\s+["']((?:https?:)?\/\/[^"']+)/g,
  ]
  return fetching.flatMap(pattern => [...text.matchAll(pattern)].map(match => match[1] ?? ''))
}

test('the scan finds what it looks for', () => {
  expect(outside('<script async src="https://cdn.example/x.js">')).toEqual(['https://cdn.example/x.js'])
  expect(outside('@font-face{src:url(//fonts.example/a.woff2)}')).toEqual(['//fonts.example/a.woff2'])
  expect(outside('new Worker("https://esm.sh/worker.js")')).toEqual(['https://esm.sh/worker.js'])
})

test('no file of the page fetches anything from outside', async () => {
  const files = await readdir(bundle.folder)
  expect(files.sort()).toEqual([
    'editor.worker.js',
    'graphql.worker.js',
    'json.worker.js',
    'page.css',
    'page.js',
  ])
  for (const file of files) {
    expect(outside(await readFile(join(bundle.folder, file), 'utf8')), file).toEqual([])
  }
  expect(outside(graphiqlHtml('/graphql/assets/v', { endpoint: '/graphql', tabs: [] }))).toEqual([])
  expect(GRAPHIQL_POLICY).not.toMatch(/https?:|\*/)
})

test('it is built once, then found', async () => {
  const built = lines.length
  expect(await graphiqlBundle({ cache, log: line => lines.push(line) })).toEqual(bundle)
  expect(lines).toHaveLength(built)
  expect(await readdir(cache)).toEqual([bundle.version])
})

test('a tab cannot break out of the page`s configuration', () => {
  const html = graphiqlHtml('/a', { endpoint: '/graphql', tabs: ['# </script><script>alert(1)</script>'] })
  expect(html.match(/<script/g)).toHaveLength(2)
})

test('the page and its files are served, the files for ever', async () => {
  const gateway = await serve(fakeApi('one'), { graphiql: { cache, tabs: () => ['{ name }'] } })
  const page = await fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html' } })
  expect(page.headers.get('content-security-policy')).toBe(GRAPHIQL_POLICY)
  const html = await page.text()
  expect(html).toMatch(/<html lang="en">[\s\S]*<title>[\s\S]*<noscript>/)
  const script = /src="([^"]+page\.js)"/.exec(html)?.[1] ?? ''
  const asset = await fetch(gateway.url + script)
  expect(asset.headers.get('cache-control')).toContain('immutable')
  expect((await asset.text()).length).toBeGreaterThan(1_000_000)
  for (const path of [
    '/graphql/assets/other/page.js',
    `${script}/../../../../package.json`,
    script.replace('page.js', '..%2f..%2fx'),
  ]) {
    expect((await fetch(gateway.url + path)).status, path).toBe(404)
  }
})

test('without the option there is no page', async () => {
  const gateway = await serve(fakeApi('one'))
  expect((await fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html' } })).status).toBe(405)
})

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(path =>
  existsSync(path),
)
const available = requireOrSkip('chromium', executable !== undefined, 'no Chromium is installed')

describe.skipIf(!available)('in a browser (needs Chromium)', () => {
  let browser: Browser

  beforeAll(async () => {
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      // Whatever the browser itself would look for outside, it finds nobody.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost',
    ]
    browser = await chromium.launch({
      executablePath: executable,
      args: [...args, '--disable-component-update', '--disable-sync'],
    })
  })
  afterAll(() => browser.close())

  const response = (page: Page) => page.locator('.result-window .view-lines')
  const run = (page: Page) => page.getByRole('button', { name: /execute query/i }).click()

  test('it opens its tabs, runs a query and a subscription, and talks to nobody else', async () => {
    const gateway = await serve(fakeApi('movies'), {
      graphiql: { cache, tabs: () => ['query Name { name }', 'subscription Total { total }'] },
    })
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const requests: string[] = []
    const complaints: string[] = []
    page.on('request', request => requests.push(request.url()))
    page.on('websocket', socket => requests.push(socket.url()))
    page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', error => complaints.push(String(error)))

    await page.goto(`${gateway.url}/graphql`)
    await page.getByRole('tab', { name: 'Name' }).waitFor()
    await run(page)
    await expect.poll(() => response(page).textContent(), { timeout: 10_000 }).toContain('movies')

    await page.getByRole('tab', { name: 'Total' }).click()
    // GraphiQL parses what a tab holds shortly after showing it, then remembers which tab is open.
    await expect
      .poll(() => page.evaluate('localStorage.getItem("graphiql:tabState")'), { timeout: 10_000 })
      .toContain('"activeTabIndex":1')
    await run(page)
    await expect.poll(() => response(page).textContent(), { timeout: 10_000 }).toMatch(/"total":\s*0/)
    await post(gateway, { query: 'mutation { bump(by: 41) }' })
    await expect.poll(() => response(page).textContent(), { timeout: 10_000 }).toMatch(/"total":\s*41/)
    await expect
      .poll(() => requests.some(url => url.endsWith('graphql.worker.js')), { timeout: 10_000 })
      .toBe(true)
    if (process.env.ZG_SCREENSHOT) await page.screenshot({ path: process.env.ZG_SCREENSHOT })

    const foreign = requests.filter(
      url => !/^(data|blob):/.test(url) && new URL(url).host !== `localhost:${gateway.port}`,
    )
    expect(foreign).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  }, 60_000)
})
