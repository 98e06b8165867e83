import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProblems } from '@zg/core/ir/enforced'
import { describe, expect, onTestFinished, test } from 'vitest'
import { requireOrSkip } from '../../../scripts/testing/require.ts'
import type { DefinedModel } from './model.ts'
import blog from './samples/blog.fixture.ts'
import orders from './samples/orders.fixture.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

const all: [string, DefinedModel][] = [
  ['blog', blog],
  ['orders', orders],
]

describe.each(all)('the sample %s', (_, { ir, problems, formulas }) => {
  test('has no problems', () => {
    expect(problems).toEqual([])
  })

  test('round-trips through JSON exactly', () => {
    expect(JSON.parse(JSON.stringify(ir))).toStrictEqual(ir)
    expect(JSON.parse(JSON.stringify(formulas))).toStrictEqual(formulas)
  })

  test('may not start, in dev neither, and is told each construct', () => {
    for (const dev of [true, false]) {
      const found = startProblems(ir, { dev })
      expect(new Set(found.map(({ code }) => code))).toEqual(new Set(['NOT_ENFORCED']))
      expect(found.map(({ path }) => path)).toEqual(ir.unenforced.map(({ path }) => path))
    }
  })
})

const listed = ({ ir }: DefinedModel): string =>
  ir.unenforced.map(({ construct, path }) => `${path.join('.')}: ${construct}`).join('\n')

test('what of the blog is not enforced yet', () => {
  expect(listed(blog)).toMatchInlineSnapshot(`
    "User.handle: .unique({ onViolation: 'repair' })
    Post.slug: .unique({ onViolation: 'repair' })
    Post.status: f.state()
    Tag.name: .unique({ onViolation: 'repair' })
    claims: claims
    User.policy: policy
    Post.policy: policy
    Post.transitions.publish: transitions
    Tag.policy: policy
    Comment.policy: policy"
  `)
})

test('what of the orders is not enforced yet', () => {
  expect(listed(orders)).toMatchInlineSnapshot(`
    "Org.tenant: tenant
    Member.tenant: tenant
    Customer.tenant: tenant
    Customer.email: .unique({ onViolation: 'conflict' })
    Customer.email: .pii()
    Product.tenant: tenant
    Product.stock: f.counter({ min })
    Invoice.tenant: tenant
    Invoice.number: f.serial()
    Invoice.status: f.state()
    Line.aggregate: aggregate
    Line.invoice: .owner()
    claims: claims
    Org.policy: policy
    Member.policy: policy
    Customer.policy: policy
    Customer.rules.credit: rules
    Product.policy: policy
    Invoice.policy: policy
    Invoice.rules.hasLines: rules
    Invoice.transitions.send: transitions
    Invoice.transitions.pay: transitions
    Invoice.transitions.void: transitions
    Invoice.transitions.refund: transitions
    Invoice.actions.remind: actions
    Line.policy: policy"
  `)
})

test('validation functions are kept by entity and field', () => {
  const sizes = Object.entries(orders.checks).map(([name, fields]) => [name, Object.keys(fields)])
  expect(Object.fromEntries(sizes.filter(([, fields]) => fields?.length))).toEqual({
    Customer: ['name'],
    Line: ['qty'],
  })
  expect(Object.keys(blog.checks.Post ?? {})).toEqual(['meta'])
})

// ---- the compiler

const originals = join(ROOT, '../shared/samples')
const there = requireOrSkip('samples', existsSync(originals), 'the shared samples are not beside the project')

test.skipIf(!there)(
  'the samples as they were handed over compile (skipped without ../shared/samples)',
  () => {
    const files = ['blog.schema.ts', 'orders.schema.ts'].map(name => {
      const source = readFileSync(join(originals, name), 'utf8')
      return [name, source.replace('./types-prototype.ts', '@zg/schema-builder')] as const
    })
    const { errors } = compiled(Object.fromEntries(files))
    expect(errors).toEqual([])
  },
)

test('200 entities that refer to each other in circles type-check in under 2 s', () => {
  const { errors, seconds, instantiations } = compiled({ 'big.ts': circular(200) })
  expect(errors).toEqual([])
  console.log(`200 cyclic entities: ${seconds} s of type checking, ${instantiations} instantiations`)
  // What the compiler has to do is the same on every machine (260,000 when this was written); the time is not, so its
  // bound leaves room for a busy one.
  expect(instantiations).toBeLessThan(500_000)
  expect(seconds).toBeLessThan(6)
})

/** Compiles files in a directory of their own; `seconds` is what the compiler spent checking. */
function compiled(files: { readonly [name: string]: string }) {
  const directory = mkdtempSync(join(tmpdir(), 'zg-types-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const paths = {
    '@zg/schema-builder': [join(ROOT, 'schema-builder/src/index.ts')],
    zod: [join(ROOT, 'node_modules/zod/index.d.ts')],
  }
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { types: [], paths },
    include: ['*.ts', join(ROOT, 'core/src/host.d.ts')],
  }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config))
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ type: 'module' }))
  for (const [name, source] of Object.entries(files)) writeFileSync(join(directory, name), source)
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', directory, '--extendedDiagnostics'], {
    encoding: 'utf8',
  })
  const measured = (what: string): number => Number(new RegExp(`${what}:\\s+([\\d.]+)`).exec(stdout)?.[1])
  return {
    errors: stdout.split('\n').filter(line => line.includes('error TS')),
    seconds: measured('Check time'),
    instantiations: measured('Instantiations'),
  }
}

function circular(count: number): string {
  const name = (at: number) => `E${at % count}`
  const each = (line: (at: number) => string) => Array.from({ length: count }, (_, at) => line(at)).join('\n')
  return `
import { type Create, entity, f, model, type Row } from '@zg/schema-builder'
${each(
  at => `const ${name(at)} = entity({
  id: f.id(), name: f.string().default('x'), size: f.int().optional(), kind: f.enum('a', 'b'), likes: f.counter(),
  next: f.one('${name(at + 1)}').optional(), far: f.one('${name(at * 7 + 3)}').onDelete('cascade').optional(),
  previous: f.many('${name(at + count - 1)}', 'next'), peers: f.manyToMany('${name(at + 5)}'),
  status: f.state({ draft: { go: 'live' }, live: {} }),
}, { index: [['kind', 'size']] })`,
)}
export const big = model({ entities: { ${Array.from({ length: count }, (_, at) => name(at)).join(', ')} } })
export default big.define({
${each(
  at => `  ${name(at)}: {
    policy: {
      read: (r, a) => r.next.next.far.name.eq(a.id).or(r.previous.some(p => p.peers.some(q => q.size.gt(1)))),
      create: r => r.status.eq('draft'),
    },
    transitions: { go: { guard: r => r.peers.count().gt(0) } },
  },`,
)}
})
${each(
  at => `export const c${at}: Create<typeof big, '${name(at)}'> = { kind: 'a', size: 3 }
export const r${at} = (row: Row<typeof big, '${name(at)}'>): string | null => row.next`,
)}
`
}
