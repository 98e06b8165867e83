import { createGraphiQLFetcher } from '@graphiql/toolkit'
import { GraphiQL } from 'graphiql'
import { createClient } from 'graphql-ws'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import type { PageConfig } from './html.ts'
import 'graphiql/style.css'

// The browser's half of GraphiQL, bundled by bundle.ts. Runs in a page only; nothing here may reach the outside.

const assets = new URL('.', (document.currentScript as HTMLScriptElement).src)

Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker: (_: string, label: string) => {
      const name = label === 'json' || label === 'graphql' ? label : 'editor'
      return new Worker(new URL(`${name}.worker.js`, assets), { name: label })
    },
  },
})

const config: PageConfig = JSON.parse(document.getElementById('zg-config')?.textContent ?? '{}')
const endpoint = new URL(config.endpoint, location.href)

// Retries without end: `zg dev` restarts, and a live result should come back by itself.
const client = createClient({
  url: endpoint.href.replace(/^http/, 'ws'),
  retryAttempts: Number.POSITIVE_INFINITY,
  retryWait: async retries => {
    await new Promise(resolve => setTimeout(resolve, Math.min(250 * 2 ** retries, 4000)))
  },
})

const fetcher = createGraphiQLFetcher({ url: endpoint.href, wsClient: client })
const root = document.getElementById('graphiql')

if (root) {
  root.replaceChildren()
  createRoot(root).render(
    createElement(GraphiQL, {
      fetcher,
      defaultTabs: config.tabs.map(query => ({ query })),
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
    }),
  )
}
