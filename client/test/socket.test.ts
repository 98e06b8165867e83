import { film, films, increment, set, tag, update } from '@zg/core/ports/ports.suite'
import { ANONYMOUS } from '@zg/core/ports/scope'
import { createGateway, type Gateway, type GatewayOptions } from '@zg/gateway/gateway'
import { storeApi } from '@zg/gateway/store-api'
import type { Complaint } from '@zg/gateway/sync/complaints'
import { memoryDatabase } from '@zg/store/database.fixture'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { connectTo, opened } from './sockets.fixture.ts'
import type { Device } from './world.fixture.ts'
import { openDevice, picture, scope, until } from './world.fixture.ts'

let database: Database
let store: Store
let gateway: Gateway
let sockets: WebSocket[] = []
let complaints: Complaint[] = []
beforeAll(async () => {
  database = await memoryDatabase()
  store = await openStore(database, films.model)
})
afterAll(async () => {
  await store.close()
  await database.close()
})

const serve = (more: Partial<GatewayOptions> = {}): Promise<Gateway> =>
  createGateway({
    api: storeApi(store),
    port: 0,
    host: '127.0.0.1',
    introspection: true,
    door: { origins: [], local: true },
    report: error => {
      throw error
    },
    complain: complaint => complaints.push(complaint),
    ...more,
  })
beforeEach(async () => {
  complaints = []
  gateway = await serve()
})
afterEach(async () => {
  for (const socket of sockets) socket.close()
  sockets = []
  await gateway.close()
})

const url = (): string => `ws://127.0.0.1:${gateway.port}/sync`
const open = (): WebSocket => {
  const socket = new WebSocket(url(), 'zg-sync')
  sockets.push(socket)
  return socket
}

const device = (): Promise<Device> => openDevice({ now: Date.now })

async function connect(device: Device): Promise<void> {
  sockets.push(await connectTo(url(), device))
}

/** Everything of ours has come back, and all up to now has arrived. */
async function caughtUp(device: Device): Promise<void> {
  const snapshot = store.reader.open(scope)
  const head = await snapshot.position()
  await snapshot.close()
  await until(device, replica => {
    const { complete, pending, cursor } = replica.status()
    return complete && pending === 0 && (cursor?.seqs.main ?? 0) >= (head.seqs.main ?? 0)
  })
}

test('two replicas follow a gateway on PGlite, write offline, and hold what it holds', async () => {
  await store.writer.commit({ scope, acts: [film('a'), tag('x')] })
  const [one, two] = [await device(), await device()]
  for (const each of [one, two]) {
    await connect(each)
    await caughtUp(each)
  }
  for (const socket of sockets) socket.close()
  for (const each of [one, two]) await until(each, replica => replica.status().link === 'idle')
  for (const [i, { replica }] of [one, two].entries()) {
    replica.write({ acts: [film(`of${i}`)] })
    replica.write({ acts: [update('Film', 'film_a', { likes: increment('2'), title: set(`By ${i}`) })] })
  }
  for (const each of [one, two]) {
    await connect(each)
    await until(each, replica => replica.status().pending === 0)
  }
  for (const each of [one, two]) await caughtUp(each)
  const truth = await picture(store.reader)
  expect(await picture(one.replica.reader)).toEqual(truth)
  expect(await picture(two.replica.reader)).toEqual(truth)
  expect(JSON.stringify(truth)).toContain('"likes":"4"')
})

test('a gateway that closes says so, and the next one goes on where it stood', async () => {
  const one = await device()
  await connect(one)
  await caughtUp(one)
  await gateway.close()
  await until(one, replica => replica.status().link === 'idle')
  expect(one.replica.status().refusal).toMatchObject({ code: 'SHUTTING_DOWN', retry: 1_000 })
  const { settled } = one.replica.write({ acts: [film('between')] })
  gateway = await serve()
  await connect(one)
  expect((await settled).verdict.status).toBe('applied')
  await caughtUp(one)
  expect(await picture(one.replica.reader)).toEqual(await picture(store.reader))
})

test('a swapped schema ends the connections of replicas', async () => {
  const one = await device()
  await connect(one)
  await caughtUp(one)
  await gateway.swap(storeApi(store))
  await until(one, replica => replica.status().link === 'idle')
  expect(one.replica.status().refusal).toMatchObject({ code: 'SCHEMA_CHANGED' })
})

test('an API without replicas refuses them at the door, and so is any other subprotocol', async () => {
  await expect(opened(new WebSocket(url(), 'graphql-transport-ws'))).rejects.toBeDefined()
  await gateway.close()
  gateway = await serve({ api: storeApi(store, { sync: false }) })
  await expect(opened(open())).rejects.toBeDefined()
})

/** Sends these, and answers with what came back and how it ended. */
async function say(...frames: (string | Uint8Array<ArrayBuffer>)[]) {
  const socket = open()
  const received: string[] = []
  socket.addEventListener('message', ({ data }) => received.push(String(data)))
  const closed = new Promise<CloseEvent>(resolve => socket.addEventListener('close', resolve))
  await opened(socket)
  for (const frame of frames) socket.send(frame)
  const { code, reason } = await closed
  return { code, reason, last: received.at(-1) ?? '' }
}

const hello = (more: object = {}): string =>
  `1 ${JSON.stringify({ kind: 'hello', version: 1, schema: 'x', tenant: 'main', client: 'c', answered: 0, window: 1, ...more })}`

test.each<[string, (string | Uint8Array<ArrayBuffer>)[], number, string]>([
  ['garbage', ['garbage'], 4400, 'BAD_FRAME'],
  ['bytes', [Uint8Array.of(1, 2, 3)], 4400, 'BAD_FRAME'],
  ['a frame that was cut', [hello().slice(0, -1)], 4400, 'BAD_FRAME'],
  ['a frame out of order', [hello().replace('1 ', '2 ')], 4400, 'BAD_FRAME'],
  ['no message', ['1 {"kind":"constructor"}'], 4401, 'BAD_MESSAGE'],
  ['a member too many', [hello({ more: 1 })], 4401, 'BAD_MESSAGE'],
  ['another version', [hello({ version: 2 })], 4406, 'VERSION'],
  ['another tenant', [hello({ tenant: 'other' })], 4403, 'FORBIDDEN'],
  ['another schema', [hello()], 4407, 'SCHEMA'],
  ['a push before hello', ['1 {"kind":"push","n":1,"attempt":1,"base":null,"work":{}}'], 4402, 'UNEXPECTED'],
])('%s is refused with a code, and the connection ends', async (_, frames, code, reason) => {
  const ended = await say(...frames)
  expect(ended).toMatchObject({ code, reason })
  expect(ended.last).toContain(`"kind":"refuse","code":"${reason}"`)
  expect(complaints.map(complaint => complaint.code)).toEqual(reason === 'SCHEMA' ? [] : [reason])
})

test('who sends garbage for long is complained of once, and disturbs nobody', async () => {
  const one = await device()
  await connect(one)
  for (let i = 0; i < 50; i++) await say(`garbage ${i}`)
  const { settled } = one.replica.write({ acts: [film('undisturbed')] })
  expect((await settled).verdict.status).toBe('applied')
  expect(complaints).toEqual([
    { by: ANONYMOUS.id, tenant: 'main', code: 'BAD_FRAME', message: expect.stringContaining('number 1') },
  ])
})
