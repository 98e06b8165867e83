import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { answerJson } from '../answer.ts'
import { type BundleOptions, type GraphiqlBundle, graphiqlBundle } from './bundle.ts'
import { GRAPHIQL_POLICY, graphiqlHtml } from './html.ts'

export interface GraphiqlOptions extends BundleOptions {
  /** Documents to open with, read anew for every page. */
  readonly tabs: () => Promise<readonly string[]> | readonly string[]
}

export interface Graphiql {
  /** The page itself. */
  page(response: ServerResponse): Promise<void>
  /** A file of the page, `path` being the URL's. False: not one of ours. */
  asset(path: string, response: ServerResponse): Promise<boolean>
}

const FILES: Readonly<Record<string, string>> = {
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'editor.worker.js': 'text/javascript; charset=utf-8',
  'json.worker.js': 'text/javascript; charset=utf-8',
  'graphql.worker.js': 'text/javascript; charset=utf-8',
}

/** Serves GraphiQL at `endpoint` from files of our own: no CDN, no font, no telemetry from outside. */
export function createGraphiql(endpoint: string, options: GraphiqlOptions): Graphiql {
  let building: Promise<GraphiqlBundle> | undefined
  const bundle = () => {
    building ??= graphiqlBundle(options).catch(error => {
      // The next page tries again.
      building = undefined
      throw error
    })
    return building
  }
  return {
    page: async response => {
      const [{ version }, tabs] = await Promise.all([bundle(), options.tabs()])
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': GRAPHIQL_POLICY,
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      })
      response.end(graphiqlHtml(`${endpoint}/assets/${version}`, { endpoint, tabs }))
    },
    asset: async (path, response) => {
      const [version, name, ...rest] = path.slice(`${endpoint}/assets/`.length).split('/')
      const type = name && rest.length === 0 ? FILES[name] : undefined
      if (!type || !name) return false
      const built = await bundle()
      if (version !== built.version) return false
      await send(join(built.folder, name), type, response)
      return true
    },
  }
}

async function send(file: string, type: string, response: ServerResponse): Promise<void> {
  const { size } = await stat(file)
  response.writeHead(200, {
    'content-type': type,
    'content-length': size,
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  })
  const stream = createReadStream(file)
  stream.once('error', error => response.destroy(error))
  response.once('close', () => stream.destroy())
  stream.pipe(response)
}

/** Without its npm packages (a slim production install) there is no page; the API works all the same. */
export function answerWithoutGraphiql(response: ServerResponse, error: unknown): void {
  const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
  answerJson(response, 503, {
    error: { code: 'NO_GRAPHIQL', message: `GraphiQL could not be built: ${reason}` },
  })
}
