import { expect, test } from 'vitest'
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateVector } from 'yjs'
import type { Act, FieldAct } from '../act/act.ts'
import { decodeBytes, encodeBytes } from '../base64url.ts'
import type { TextSource } from '../change/kinds/text.ts'
import { readText } from '../change/text.ts'
import { noteModel } from '../ir/notes.fixture.ts'
import { type Expression, TRUE } from '../query/expression.ts'
import { type Row, stateOf } from '../query/query.ts'
import { freshScope, type PortsUnderTest, set } from './ports.suite.ts'
import type { Position } from './position.ts'
import { ANONYMOUS, type Scope } from './scope.ts'

/** The ports over `noteModel`, and when their tables show all texts written. */
export interface TextPorts extends PortsUnderTest {
  settled(): Promise<void>
}

export const replace = (value: string, base: Position | null = null): FieldAct => ({
  kind: 'replace',
  value,
  base,
})
export const note = (id: string, fields: { [name: string]: FieldAct } = {}): Act => ({
  kind: 'create',
  entity: 'Note',
  id: `note_${id}`,
  fields,
})
export const edit = (id: string, fields: { [name: string]: FieldAct }): Act => ({
  kind: 'update',
  entity: 'Note',
  id: `note_${id}`,
  fields,
})
const remove = (id: string): Act => ({ kind: 'delete', entity: 'Note', id: `note_${id}` })
const eq = (field: string, value: string): Expression => ({
  kind: 'eq',
  left: { kind: 'path', path: [field] },
  right: { kind: 'value', value },
})
const FIELDS = [...(noteModel.entities[0]?.fields.map(({ name }) => name) ?? []), stateOf('body')]

/** Somebody with the text open: what he types, as the update to send. */
export function editor(clientID: number, state?: string) {
  const doc = new Doc()
  doc.clientID = clientID
  if (state) applyUpdate(doc, decodeBytes(state) ?? new Uint8Array())
  return {
    doc,
    text: () => doc.getText('text').toString(),
    hear: (next: string) => applyUpdate(doc, decodeBytes(next) ?? new Uint8Array()),
    type: (work: (text: ReturnType<Doc['getText']>) => void): FieldAct => {
      const before = encodeStateVector(doc)
      doc.transact(() => work(doc.getText('text')))
      return { kind: 'text', update: encodeBytes(encodeStateAsUpdate(doc, before)) }
    },
  }
}

/** What not every implementation of the ports is for. */
export interface TextReach {
  /** `one`: it is somebody's own, and refuses everybody else. */
  readonly principals: 'many' | 'one'
  /** Replicas can follow it (`Feed.replicate`). */
  readonly replicates: boolean
}

/** What Writer, Reader and Feed do with texts. */
export function textSuite(
  name: string,
  ports: () => TextPorts,
  reach: TextReach = { principals: 'many', replicates: true },
): void {
  const at = (scope: Scope = freshScope()) => {
    const read = async <T>(
      work: (snapshot: ReturnType<PortsUnderTest['reader']['open']>) => T | Promise<T>,
    ): Promise<T> => {
      const snapshot = ports().reader.open(scope)
      try {
        return await work(snapshot)
      } finally {
        await snapshot.close()
      }
    }
    const commit = async (...acts: Act[]) => ports().writer.commit({ scope, acts })
    return {
      scope,
      commit,
      apply: async (...acts: Act[]): Promise<Position> => {
        const { verdict, position } = await commit(...acts)
        expect(verdict).toEqual({ status: 'applied', problems: [] })
        return position
      },
      problems: async (...acts: Act[]) => {
        const { verdict } = await commit(...acts)
        return verdict.problems.map(({ code, path }) => `${code} ${path.join('.')}`)
      },
      row: (id: string): Promise<Row | null> =>
        read(async snapshot => (await snapshot.rows('Note', FIELDS, [`note_${id}`]))[0] ?? null),
      list: (where: Expression = TRUE) =>
        read(async snapshot => {
          const order = [{ path: ['id'], direction: 'asc' }] as const
          return (await snapshot.pages({ entity: 'Note', fields: ['body'], where, order }))[0] ?? []
        }),
    }
  }

  test(`${name}: a text starts empty, or as its create says; reads are exact at once`, async () => {
    const here = at()
    await here.apply(note('a', { title: set('A') }), note('b', { body: replace('Once upon a time') }))
    expect(await here.row('a')).toMatchObject({ title: 'A', body: '', summary: '' })
    expect(await here.row('b')).toMatchObject({ title: null, body: 'Once upon a time', summary: '' })
    await here.apply(edit('b', { body: replace('Once upon a night'), summary: replace('🎬 short') }))
    expect(await here.row('b')).toMatchObject({ body: 'Once upon a night', summary: '🎬 short' })
    expect((await here.list()).map(({ body }) => body)).toEqual(['', 'Once upon a night'])
  })

  test(`${name}: two who edit from one base both keep their edits`, async () => {
    const here = at()
    const base = await here.apply(note('a', { body: replace('The cat sat on the mat.') }))
    await here.apply(edit('a', { body: replace('The black cat sat on the mat.', base) }))
    await here.apply(edit('a', { body: replace('The cat sat on the red mat, and slept.', base) }))
    expect((await here.row('a'))?.body).toBe('The black cat sat on the red mat, and slept.')
    // Without a base the text is what it says now.
    await here.apply(edit('a', { body: replace('Gone.') }))
    expect((await here.row('a'))?.body).toBe('Gone.')
  })

  test(`${name}: editors start from the state, and their updates merge with replacements`, async () => {
    const here = at()
    const base = await here.apply(note('a', { body: replace('one two three') }))
    const ann = editor(1, String((await here.row('a'))?.[stateOf('body')]))
    const bob = editor(2, String((await here.row('a'))?.[stateOf('body')]))
    expect(ann.text()).toBe('one two three')
    const [first, second] = [
      ann.type(text => text.insert(0, 'zero ')),
      ann.type(text => text.insert(18, ' four')),
    ]
    const third = bob.type(text => text.delete(4, 4))
    await here.apply(edit('a', { body: first }))
    await here.apply(edit('a', { body: third }), edit('a', { body: second }))
    await here.apply(edit('a', { body: replace('one two THREE', base) }))
    const row = await here.row('a')
    expect(row?.body).toBe('zero one THREE four')
    for (const each of [ann, bob]) {
      each.hear(String(row?.[stateOf('body')]))
      expect(each.text()).toBe('zero one THREE four')
    }
    // What is known already changes nothing, and is no change.
    const { position, verdict } = await here.commit(edit('a', { body: first }))
    expect(verdict.status).toBe('applied')
    expect(await here.apply(edit('a', { body: replace('zero one THREE four') }))).toEqual(position)
  })

  test(`${name}: acts of one mutation see the texts of those before`, async () => {
    const here = at()
    await here.apply(note('a', { body: replace('first') }), edit('a', { body: replace('first, second') }))
    await here.apply(
      edit('a', { body: replace('first, second, third') }),
      edit('a', { body: replace('FIRST, second, third') }),
    )
    expect((await here.row('a'))?.body).toBe('FIRST, second, third')
  })

  test(`${name}: what is no good is refused with its place, and nothing of the mutation is done`, async () => {
    const here = at()
    const base = await here.apply(note('a', { body: replace('fine') }))
    const refused = (act: FieldAct) => here.problems(edit('a', { title: set('never'), body: act }))
    const update = (bytes: Uint8Array): FieldAct => ({ kind: 'text', update: encodeBytes(bytes) })
    const bad = 'BAD_TEXT_UPDATE 0.body.update'

    expect(await refused(update(Uint8Array.of(1, 2, 3, 4)))).toEqual([bad])
    expect(await refused({ kind: 'text', update: 'not base64!' })).toEqual([bad])
    expect(await refused({ kind: 'text', update: '' })).toEqual([bad])
    const foreign = new Doc()
    foreign.getText('other').insert(0, 'x')
    expect(await refused(update(encodeStateAsUpdate(foreign)))).toEqual([bad])
    const shaped = new Doc()
    shaped.getMap('text').set('a', 1)
    expect(await refused(update(encodeStateAsUpdate(shaped)))).toEqual([bad])
    const ahead = editor(5)
    ahead.type(text => text.insert(0, 'lost'))
    expect(await refused(ahead.type(text => text.insert(4, ' later')))).toEqual([bad])
    const several = editor(6)
    several.type(text => text.insert(0, 'six'))
    several.doc.clientID = 7
    several.type(text => text.insert(3, 'seven'))
    expect(await refused(update(encodeStateAsUpdate(several.doc)))).toEqual([bad])

    expect(await refused(replace('a\0b'))).toEqual(['BAD_VALUE 0.body.replace.value'])
    expect(await refused(replace('é'.repeat(140_000)))).toEqual(['TOO_LARGE 0.body.replace.value'])
    expect(await refused(replace('x'.repeat(300_000)))).toEqual(['TOO_LARGE 0.body.replace.value'])
    const cursor = 'BAD_CURSOR 0.body.replace.base'
    expect(await refused(replace('x', { ...base, log: 'another' }))).toEqual([cursor])
    expect(await refused(replace('x', { ...base, seqs: { elsewhere: 1 } }))).toEqual([cursor])
    expect(await refused(replace('x', { ...base, seqs: { [here.scope.tenant]: 99_999 } }))).toEqual([cursor])
    expect(await refused(set('x'))).toEqual(['BAD_VALUE 0.body'])
    expect(await here.problems(edit('nobody', { body: replace('x') }))).toEqual(['NOT_FOUND 0.id'])
    expect(await here.row('a')).toMatchObject({ title: null, body: 'fine' })
  })

  test.runIf(reach.principals === 'one')(`${name}: it is one principal's, and refuses others`, async () => {
    const mine = at({ ...freshScope(), principal: { ...ANONYMOUS, id: 'ann' } })
    const yours = at({ ...mine.scope, principal: { ...ANONYMOUS, id: 'bob' } })
    await mine.apply(note('a', { body: replace('Ann was here') }))
    await expect(yours.commit(edit('a', { body: replace('Bob was here') }))).rejects.toThrow('bob')
    await expect(yours.row('a')).rejects.toThrow('bob')
    expect((await mine.row('a'))?.body).toBe('Ann was here')
  })

  const byMany = test.runIf(reach.principals === 'many')
  byMany(`${name}: nobody goes on as somebody else's Yjs client`, async () => {
    const mine = at({ ...freshScope(), principal: { ...ANONYMOUS, id: 'ann' } })
    const yours = at({ ...mine.scope, principal: { ...ANONYMOUS, id: 'bob' } })
    await mine.apply(note('a'))
    const ann = editor(11)
    await mine.apply(edit('a', { body: ann.type(text => text.insert(0, 'Ann was here')) }))
    const more = ann.type(text => text.insert(12, '.'))
    expect(await yours.problems(edit('a', { body: more }))).toEqual(['BAD_TEXT_UPDATE 0.body.update'])
    await mine.apply(edit('a', { body: more }))
    // The others' structs may come along; only news must be his own.
    const bob = editor(12, String((await yours.row('a'))?.[stateOf('body')]))
    bob.type(text => text.delete(0, 4))
    const everything: FieldAct = { kind: 'text', update: encodeBytes(encodeStateAsUpdate(bob.doc)) }
    await yours.apply(edit('a', { body: everything }))
    expect((await mine.row('a'))?.body).toBe('was here.')
    // Ann's words are gone, so nobody can tell that Bob's were others.
    const late = edit('a', { body: editor(11).type(text => text.insert(0, 'Bob')) })
    expect(await yours.problems(late)).toEqual(['BAD_TEXT_UPDATE 0.body.update'])
  })

  test(`${name}: a Yjs client that begins twice is refused, unless it says the same`, async () => {
    const here = at()
    await here.apply(note('a'))
    const say = (words: string) => edit('a', { body: editor(21).type(text => text.insert(0, words)) })
    await here.apply(say('one'))
    expect(await here.problems(say('two'))).toEqual(['BAD_TEXT_UPDATE 0.body.update'])
    expect(await here.problems(say('other'))).toEqual(['BAD_TEXT_UPDATE 0.body.update'])
    await here.apply(say('one'))
    await here.apply(edit('a', { body: replace('') }))
    await here.apply(say('one'))
    expect((await here.row('a'))?.body).toBe('')
  })

  test(`${name}: a retry is the same mutation, whatever chance its update was made of`, async () => {
    const here = at()
    await here.apply(note('a', { body: replace('one') }))
    const ask = (value: string) =>
      ports().writer.commit({
        scope: here.scope,
        acts: [edit('a', { body: replace(value) })],
        mutationId: 'm',
      })
    const first = await ask('one two')
    await here.apply(edit('a', { body: replace('one two three') }))
    expect(await ask('one two')).toEqual(first)
    expect((await here.row('a'))?.body).toBe('one two three')
    expect((await ask('other')).verdict.problems.map(({ code }) => code)).toEqual(['ID_REUSED'])
  })

  test(`${name}: a feed tells each text as it stood, from wherever it is followed`, async () => {
    const here = at()
    const start = await here.apply(note('a'))
    const told: [Position, string][] = []
    for (const value of ['one', 'one two', 'two', 'two 🎬'])
      told.push([await here.apply(edit('a', { body: replace(value) })), value])
    await ports().settled()
    const last = await here.apply(edit('a', { title: set('T') }))
    const follow = async (since: Position) => {
      const end = new AbortController()
      const shape = { entity: 'Note', where: TRUE }
      for await (const batch of ports().feed.follow({
        scope: here.scope,
        shape,
        since,
        signal: end.signal,
      })) {
        if ((batch.position.seqs[here.scope.tenant] ?? 0) < (last.seqs[here.scope.tenant] ?? 0)) continue
        return batch.events.map(event =>
          event.kind === 'upsert' ? [event.row.title, event.row.body] : event.kind,
        )
      }
      return []
    }
    for (const since of [start, ...told.map(([position]) => position)]) {
      expect(await follow(since)).toEqual([['T', 'two 🎬']])
    }
    const [before, seen] = told[2] as [Position, string]
    await here.apply(edit('a', { body: replace(`seen as ${seen}`, before) }))
    expect((await here.row('a'))?.body).toBe('seen as two 🎬')
  })

  const byReplicas = test.runIf(reach.replicates)
  byReplicas(`${name}: a replica gets each text whole with its row, then what is added to it`, async () => {
    const here = at()
    await here.apply(note('a', { title: set('out'), body: replace('one') }))
    const start = await here.apply(note('b', { title: set('in'), body: replace('first') }))
    const end = new AbortController()
    const where = eq('title', 'in')
    const batches = ports()
      .feed.replicate({ scope: here.scope, shapes: [{ entity: 'Note', where }], signal: end.signal })
      [Symbol.asyncIterator]()
    const held = new Map<string, Uint8Array[]>()
    const reach = async (position: Position) => {
      for (let seq = -1; seq < (position.seqs[here.scope.tenant] ?? 0); ) {
        const { value: batch } = await batches.next()
        if (batch?.kind !== 'events') throw new Error('No batch')
        seq = batch.position.seqs[here.scope.tenant] ?? 0
        for (const event of batch.events) {
          if (event.kind !== 'upsert') held.delete(event.key)
          else for (const { source } of event.texts ?? []) merge(event.key, source)
        }
      }
      return Object.fromEntries(
        [...held].map(([key, updates]) => [key, readText({ state: null, updates }).plain]),
      )
    }
    const merge = (key: string, { state, updates }: TextSource) =>
      held.set(key, [...(held.get(key) ?? []), ...(state ? [state] : []), ...updates])
    expect(await reach(start)).toEqual({ note_b: 'first' })
    await here.apply(edit('a', { body: replace('one two') }))
    await ports().settled()
    expect(await reach(await here.apply(edit('b', { body: replace('first second') })))).toEqual({
      note_b: 'first second',
    })
    expect(await reach(await here.apply(edit('a', { title: set('in') })))).toEqual({
      note_a: 'one two',
      note_b: 'first second',
    })
    expect(await reach(await here.apply(edit('b', { title: set('out'), body: replace('gone') })))).toEqual({
      note_a: 'one two',
    })
    expect(
      await reach(await here.apply(edit('b', { title: set('in') }), edit('b', { body: replace('back') }))),
    ).toEqual({ note_a: 'one two', note_b: 'back' })
    end.abort()
  })

  test(`${name}: deleting a row drops its text`, async () => {
    const here = at()
    await here.apply(note('a', { body: replace('secret') }), note('b', { body: replace('kept') }))
    await ports().settled()
    await here.apply(remove('a'))
    expect(await here.row('a')).toBeNull()
    expect(await here.problems(note('a', { body: replace('again') }))).toEqual(['ID_GONE 0.id'])
    expect(await here.problems(edit('a', { body: replace('again') }))).toEqual(['NOT_FOUND 0.id'])
    expect((await here.list()).map(({ body }) => body)).toEqual(['kept'])
  })

  test(`${name}: filters see what is folded`, async () => {
    const here = at()
    await here.apply(
      note('a', { body: replace('a needle in the hay') }),
      note('b', { body: replace('just hay') }),
    )
    await ports().settled()
    const contains = (text: string): Expression => ({
      kind: 'contains',
      left: { kind: 'path', path: ['body'] },
      text,
    })
    expect((await here.list(contains('needle'))).map(({ id }) => id)).toEqual(['note_a'])
    await here.apply(edit('b', { body: replace('just a needle') }), edit('a', { title: set('x') }))
    await ports().settled()
    expect((await here.list(contains('needle'))).map(({ id }) => id)).toEqual(['note_a', 'note_b'])
  })
}
