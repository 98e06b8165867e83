/** What the page is told by the server. */
export interface PageConfig {
  /** Path of the GraphQL endpoint. */
  readonly endpoint: string
  /** Documents that the tabs open with, unless the browser remembers tabs of its own. */
  readonly tabs: readonly string[]
}

/** The one HTML page. `assets` is the path below which page.js and page.css are served. */
export function graphiqlHtml(assets: string, config: PageConfig): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>ZG GraphiQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assets}/page.css">
<style>html, body, #graphiql { height: 100%; margin: 0 } .wait { font: 1rem system-ui, sans-serif; padding: 2rem }</style>
</head>
<body>
<main id="graphiql"><p class="wait" role="status">Loading GraphiQL…</p></main>
<noscript><p class="wait">GraphiQL needs JavaScript. The API does not: POST <code>{"query": "..."}</code> as
application/json to <code>${escapeHtml(config.endpoint)}</code>.</p></noscript>
<script id="zg-config" type="application/json">${inScript(config)}</script>
<script src="${assets}/page.js"></script>
</body>
</html>
`
}

/**
 * What the page may do, as a Content-Security-Policy: talk to its own origin, nothing else. Monaco and GraphiQL set
 * styles from script; fonts and cursors are data URLs.
 */
export const GRAPHIQL_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** `</script>` and `<!--` inside a string would end the script element. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
