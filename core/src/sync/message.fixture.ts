import type { ClientMessage, ServerMessage } from './message.ts'

const problem = { code: 'CLOCK_AHEAD', message: 'Too early', path: ['0', 'id'] }

/** One message of each kind. */
export const CLIENT_MESSAGES: { readonly [K in ClientMessage['kind']]: Extract<ClientMessage, { kind: K }> } =
  {
    hello: {
      kind: 'hello',
      version: 1,
      schema: 'a'.repeat(64),
      tenant: 'main',
      client: 'CLIENT_1',
      answered: 0,
      window: 1_000_000,
    },
    follow: {
      kind: 'follow',
      epoch: 1,
      shapes: [{ entity: 'Film', where: { kind: 'and', of: [] } }],
      since: { position: { log: 'log', seqs: { main: 7 } }, loaded: [{ kind: 'upTo', id: 'film_a' }] },
    },
    ack: { kind: 'ack', epoch: 1, batch: 3 },
    push: {
      kind: 'push',
      n: 1,
      attempt: 1,
      base: { log: 'log', seq: 7 },
      work: { kind: 'acts', acts: [{ kind: 'delete', entity: 'Film', id: 'film_a' }] },
    },
    ping: { kind: 'ping' },
    pong: { kind: 'pong' },
  }

export const SERVER_MESSAGES: { readonly [K in ServerMessage['kind']]: Extract<ServerMessage, { kind: K }> } =
  {
    welcome: { kind: 'welcome', version: 1, time: 1_700_000_000_000 },
    batch: {
      kind: 'batch',
      epoch: 1,
      batch: 1,
      body: {
        kind: 'events',
        events: [{ kind: 'delete', entity: 1, key: 'film_a' }],
        position: { log: 'log', seqs: { main: 8 } },
        loaded: [{ kind: 'whole' }],
      },
    },
    unfit: { kind: 'unfit', epoch: 1, shape: 0, problem },
    verdict: {
      kind: 'verdict',
      n: 1,
      attempt: 1,
      outcome: {
        verdict: { status: 'applied', problems: [] },
        position: { log: 'log', seqs: { main: 8 } },
        ids: ['film_a'],
      },
    },
    unjudged: { kind: 'unjudged', n: 1, attempt: 1, problem, time: 1_700_000_000_000 },
    ping: { kind: 'ping' },
    pong: { kind: 'pong', time: 1_700_000_000_000 },
    refuse: { kind: 'refuse', code: 'SHUTTING_DOWN', message: 'Come back', retry: 1_000 },
  }
