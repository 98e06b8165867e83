import { expect, test } from 'vitest'
import { Overloaded, Unavailable } from '../outage.ts'
import type { Connection } from './connection.ts'
import type { Pool } from './pool.ts'
import { createSharing } from './sharing.ts'

const transaction = { isolation: 'repeatable read read only', isPrepared: () => false } as const
const answer = async () => 'read'

test('who waits longer than anybody should is told so, and is not read for any more', async () => {
  let free: (connection: Connection) => void = () => {}
  const connection = new Promise<Connection>(resolve => {
    free = resolve
  })
  const pool: Pool = { use: async work => work(await connection), close: async () => {} }
  const share = createSharing({ pool, transaction, limit: 1_000, patience: 5 })
  let ran = 0
  const work = async () => {
    ran++
  }
  const tired = [share(work, { single: true }), share(work, { single: true })]
  for (const one of tired) await expect(one).rejects.toThrow(Overloaded)
  const late = share(answer, { single: true })
  const unused = () => Promise.reject(new Error('Nobody asks'))
  free({ lost: null, query: unused, opened: unused, end: unused, lose: () => {} })
  expect(await late).toBe('read')
  expect(ran).toBe(0)
})

test('what keeps a pool from lending is told to those who wait, and the next are served', async () => {
  let broken = true
  const unused = () => Promise.reject(new Error('Nobody asks'))
  const connection: Connection = { lost: null, query: unused, opened: unused, end: unused, lose: () => {} }
  const pool: Pool = {
    use: async work => {
      if (broken) throw new Unavailable(new Error('down'))
      return work(connection)
    },
    close: async () => {},
  }
  const share = createSharing({ pool, transaction, limit: 1_000, patience: 1_000 })
  const refused = Array.from({ length: 100 }, () => share(answer, { single: true }))
  for (const one of refused) await expect(one).rejects.toThrow(Unavailable)
  broken = false
  expect(await share(answer, { single: true })).toBe('read')
})
