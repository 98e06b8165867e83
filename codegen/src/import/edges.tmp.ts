import { entity, f, model } from '@zg/schema-builder'
import { openPglite } from '@zg/store/pglite'
import { openStore } from '@zg/store/store'
import { runImport } from './run.ts'
import { parseMapping } from './parse.ts'
import { scope } from './ports.fixture.ts'
import { writeFileSync } from 'node:fs'
const T = entity({ id: f.id({ key: 'n' }), n: f.int().once() })
const P = entity({ id: f.id({ key: 'n' }), n: f.int().once(), ts: f.manyToMany('T') })
const m = model({ open: true, entities: { T, P } }).define()
writeFileSync('/tmp/e.json', JSON.stringify(Array.from({ length: 8000 }, (_, i) => ({ p: i % 2 === 0 ? 1 : Math.floor(i / 500), t: i % 3500 }))))
const db = await openPglite({ snapshotLimit: 60000 })
const slow: [number, string, unknown][] = []
const store = await openStore(db, m.ir)
const parsed = parseMapping({ format: 1, sources: { e: '/tmp/e.json' }, rules: [{ edges: 'P.ts', from: 'e', of: { n: 'p' }, add: { key: { n: 't' }, create: true } }, { entity: 'P', from: 'e', fields: { n: 'p' }, repeats: true }] }, store.catalog, '/')
if (parsed.kind === 'problems') throw new Error(JSON.stringify(parsed.problems))
for (const analyze of [false, false, true]) {
  if (analyze) await db.query('analyze')
  const t = performance.now()
  await runImport({ mapping: parsed.mapping, ...store, scope })
  console.log(analyze, Math.round(performance.now() - t))
}
await store.close(); await db.close()
