import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type ClientEffect, clientSession, clientStep, PING_AFTER, SILENT_AFTER } from './clientSession.ts'
import { REFUSALS } from './codes.ts'
import { CLIENT_MESSAGES, SERVER_MESSAGES } from './message.fixture.ts'
import { MAX_FRAME, MAX_SHAPES, MAX_TOLD_FRAME, PUSH_WINDOW, SYNC_VERSION } from './message.ts'
import { serverSession, serverStep } from './serverSession.ts'

// PROTOCOL.md is what others write their side by: each message, member, limit and code in it is that of the code.

const document = readFileSync(new URL('./PROTOCOL.md', import.meta.url), 'utf8')

function section(title: string): string {
  const [, found = ''] = document.split(`\n## ${title}\n`)
  return found.split('\n## ')[0] ?? ''
}

/** The cells of each line of a table, without its head. */
function rows(title: string): readonly (readonly string[])[] {
  const lines = section(title).split('\n')
  const cells = lines.filter(line => line.startsWith('|')).map(line => line.split('|').slice(1, -1))
  return cells.slice(2).map(line => line.map(cell => cell.trim()))
}

const words = (cell = ''): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)

describe.each([
  ['From a replica', CLIENT_MESSAGES],
  ['From a gateway', SERVER_MESSAGES],
] as const)('%s', (title, messages) => {
  test('each message, and each of its members', () => {
    const told = rows(title).flatMap(([kinds, members = '']) =>
      words(kinds).map(kind => {
        const only = /^`(\w+)` in `(\w+)`$/.exec(members)
        const own = only ? (only[2] === kind ? [only[1]] : []) : words(members)
        return [kind, [...own].sort()] as const
      }),
    )
    const known = Object.entries(messages).map(
      ([kind, message]) =>
        [
          kind,
          Object.keys(message)
            .filter(name => name !== 'kind')
            .sort(),
        ] as const,
    )
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(known))
  })
})

test('each limit', () => {
  expect(document).toContain(`# The sync protocol, version ${SYNC_VERSION}\n`)
  expect(section('From a replica')).toContain(`\`version\` ${SYNC_VERSION},`)
  expect(section('Frames')).toContain(`at most ${MAX_FRAME.toLocaleString('en')} characters from a replica`)
  expect(section('Frames')).toContain(`${MAX_TOLD_FRAME.toLocaleString('en')} from a gateway`)
  expect(section('From a replica')).toContain(`At most ${PUSH_WINDOW} are on their way`)
  expect(section('From a replica')).toContain(`(at most ${MAX_SHAPES})`)
  expect(section('A session')).toContain(
    `silent for ${PING_AFTER / 1_000} s is sent a \`ping\`, after ${SILENT_AFTER / 1_000} s the connection ends (\`SILENT\`)`,
  )
})

test('each code, its number, and after which of them nobody comes again', () => {
  const told = [...section('Codes').matchAll(/`([A-Z_]+)`(?: \([^)]*\))? (\d{4})/g)]
  expect(told.map(([, code, close]) => [code, Number(close)])).toEqual(
    Object.entries(REFUSALS).map(([code, { close }]) => [code, close]),
  )
  const [, last = ''] = /After\n?(.*?)\n?there is no point/s.exec(section('Codes')) ?? []
  const final = Object.entries(REFUSALS).flatMap(([code, { retry }]) => (retry === null ? [code] : []))
  expect([...words(last)].sort()).toEqual(final.sort())
})

/** What a replica does whose first push is not judged for this reason. */
function answerTo(code: string): readonly ClientEffect['kind'][] {
  const now = 1_000_000
  const problem = { code, message: code, path: [] }
  let state = clientSession({ answered: 0, last: 1 })
  state = clientStep(state, { kind: 'opened', now }).state
  state = clientStep(state, { ...SERVER_MESSAGES.welcome, now }).state
  return clientStep(state, { ...SERVER_MESSAGES.unjudged, problem, now }).effects.map(({ kind }) => kind)
}

test('each reason not to judge has its answer, and no other one has', () => {
  const told = rows('A session').map(([code]) => words(code)[0] ?? '')
  expect(told.filter(code => answerTo(code).includes('refused'))).toEqual(['BAD_PUSH'])
  expect(told.map(answerTo)).not.toContainEqual([])
  expect(answerTo('ANYTHING_ELSE')).toEqual(['refused', 'close'])
  expect(told).toEqual(['CLOCK_AHEAD', 'BAD_BASE', 'MUTATION_GAP', 'ID_REUSED', 'VERDICT_GONE', 'BAD_PUSH'])
})

test('a gateway bears with twice the pushes that may be on their way, since a queue that is sent again may overlap', () => {
  expect(section('From a replica')).toContain(`${2 * PUSH_WINDOW} at a gateway`)
  const now = 1_000_000
  const terms = { schema: CLIENT_MESSAGES.hello.schema, tenant: 'main', window: 100 }
  let state = serverStep(serverSession(terms, now), { ...CLIENT_MESSAGES.hello, now }).state
  for (let n = 1; n <= 2 * PUSH_WINDOW; n++)
    state = serverStep(state, { ...CLIENT_MESSAGES.push, n, now }).state
  expect(state.kind).toBe('open')
  expect(serverStep(state, { ...CLIENT_MESSAGES.push, n: 99, now }).state.kind).toBe('closed')
})
