import { expect, test } from 'vitest'
import { encodeStateAsUpdate } from 'yjs'
import { encodeBytes } from '../base64url.ts'
import type { Op } from '../change/change.ts'
import { born, type Draft, outbox, pushing } from './outbox.suite.ts'
import { desk, freshScope } from './ports.suite.ts'
import type { Scope } from './scope.ts'
import { edit, editor, note, replace, type TextPorts } from './text.suite.ts'
import type { Authority, Push } from './writer.ts'

/** What an Authority does with texts that replicas push. `noteModel`. */
export function pushTextSuite(name: string, ports: () => TextPorts & { readonly writer: Authority }): void {
  const at = (scope: Scope = freshScope()) => {
    const { commit } = desk(ports(), scope)
    const body = async (id: string): Promise<unknown> => {
      const snapshot = ports().reader.open(scope)
      try {
        return (await snapshot.rows('Note', ['body'], [`note_${id}`]))[0]?.body
      } finally {
        await snapshot.close()
      }
    }
    return { scope, commit, body, box: outbox(scope), ...pushing(ports().writer) }
  }
  const on = (id: string, ...ops: readonly Op[]): Draft => ({ entity: 1, key: `note_${id}`, ops })
  /** What an editor types, as the op of a change. */
  const typed = (by: ReturnType<typeof editor>, work: Parameters<typeof by.type>[0]): Op => {
    const act = by.type(work)
    return { field: 2, kind: 'text', update: act.kind === 'text' ? act.update : '' }
  }

  test(`${name}: pushed edits are read at once, whichever way they were handed in`, async () => {
    const { told, body, box } = at()
    const ann = editor(1)
    const pushes = [
      box.changes(
        on(
          'a',
          born,
          typed(ann, text => text.insert(0, 'one')),
        ),
      ),
      box.changes(
        on(
          'a',
          typed(ann, text => text.insert(3, ' two')),
        ),
      ),
      box.changes(on('a', { field: 1, kind: 'register', value: 'T' })),
      box.changes(
        on(
          'a',
          typed(ann, text => text.delete(0, 4)),
        ),
        on(
          'a',
          typed(ann, text => text.insert(3, '!')),
        ),
      ),
    ]
    // All at once: each builds on what those before it bring.
    expect(await Promise.all(pushes.map(told))).toEqual(pushes.map(() => 'applied'))
    expect(await body('a')).toBe('two!')
  })

  test(`${name}: a retry, as it was or stamped anew, adds nothing and gets the same verdict`, async () => {
    const { push, body, box } = at()
    const ann = editor(1)
    const one = box.changes(
      on(
        'a',
        born,
        typed(ann, text => text.insert(0, 'one')),
      ),
    )
    const first = await push(one)
    const again = await Promise.all([push(one), push(box.restamped(one))])
    expect(again).toEqual([first, first])
    expect(await body('a')).toBe('one')
    const known = box.changes(
      on(
        'a',
        typed(editor(2), () => {}),
      ),
    )
    expect((await push(known)).kind).toBe('verdict')
    expect(await body('a')).toBe('one')
  })

  test(`${name}: of two replicas that begin as one Yjs client at once, one does`, async () => {
    const { commit, told, body, box, scope } = at()
    await told(box.changes(on('a', born)))
    const bold = on('a', { field: 1, kind: 'register', value: 'T' })
    for (let i = 1; i <= 5; i++) {
      const before = await body('a')
      // Both are opened before either is written.
      const claims = ['ann', 'bob'].map(word =>
        outbox(scope).changes(
          bold,
          on(
            'a',
            typed(editor(70 + i), text => text.insert(0, `${word} `)),
          ),
        ),
      )
      const answers = await Promise.all([...claims.map(told), commit(note('b'))])
      expect(answers.slice(0, 2).toSorted()).toEqual(['BAD_TEXT_UPDATE', 'applied'])
      const won = answers[0] === 'applied' ? 'ann' : 'bob'
      expect([`${won} ${before}`, `${before}${won} `]).toContain(await body('a'))
    }
    const two = ['x', 'y'].map(word =>
      on(
        'a',
        typed(editor(90), text => text.insert(0, word)),
      ),
    )
    const [mine = two[0], hers = two[1]] = two
    const { verdict } = at(scope)
    const said = await Promise.all([
      verdict(outbox(scope).changes(bold, mine as Draft)),
      verdict(outbox(scope).changes(bold, hers as Draft)),
    ])
    const refusals = said.flatMap(({ verdict: { problems } }) => problems)
    expect(refusals).toMatchObject([{ code: 'BAD_TEXT_UPDATE', path: ['1', 'body', 'update'] }])
  })

  test(`${name}: whoever begins as the Yjs client of somebody else later is told so, and loses nothing silently`, async () => {
    const { told, verdict, body, box, scope, commit } = at()
    const say = (client: number, word: string) =>
      on(
        'a',
        typed(editor(client), text => text.insert(0, word)),
      )
    expect(await told(box.changes(on('a', born, { field: 1, kind: 'register', value: 'T' })))).toBe('applied')
    const bold = on('a', { field: 1, kind: 'register', value: 'U' })
    expect(await told(box.changes(say(71, 'ann ')))).toBe('applied')

    // The same clocks, other words; fewer; more; and as an act.
    const bob = outbox(scope)
    const inPush = [{ code: 'BAD_TEXT_UPDATE', path: ['1', 'body', 'update'] }]
    const inAct = [{ code: 'BAD_TEXT_UPDATE', path: ['0', 'body', 'update'] }]
    expect((await verdict(bob.changes(bold, say(71, 'bob ')))).verdict.problems).toMatchObject(inPush)
    expect(await told(bob.changes(say(71, 'b')))).toBe('BAD_TEXT_UPDATE')
    expect(await told(bob.changes(say(71, 'bobby and more')))).toBe('BAD_TEXT_UPDATE')
    const op = say(71, 'bob ').ops[0]
    const act = edit('a', { body: { kind: 'text', update: op?.kind === 'text' ? op.update : '' } })
    expect(await told(bob.acts(act))).toBe('BAD_TEXT_UPDATE')
    expect((await commit(act)).verdict.problems).toMatchObject(inAct)

    // What is there word for word is lost to nobody, whoever sends it, under whichever number.
    expect(await told(box.changes(say(71, 'ann ')))).toBe('applied')
    expect(await told(bob.changes(say(71, 'ann ')))).toBe('applied')
    expect(await body('a')).toBe('ann ')

    // Nobody can compare with words that are gone: they were their author's.
    expect((await commit(edit('a', { body: replace('') }))).verdict.status).toBe('applied')
    expect((await verdict(bob.changes(bold, say(71, 'bob ')))).verdict.problems).toMatchObject(inPush)
    expect((await commit(act)).verdict.problems).toMatchObject(inAct)
    expect(await told(bob.acts(act))).toBe('BAD_TEXT_UPDATE')
    expect(await told(box.changes(say(71, 'ann ')))).toBe('applied')
    expect(await body('a')).toBe('')
    // Under a clientID of his own he is heard.
    expect(await told(bob.changes(say(72, 'bob ')))).toBe('applied')
    expect(await body('a')).toBe('bob ')
  })

  test(`${name}: a whole state may be sent by whoever has a word of his own in it, however old it is`, async () => {
    const { told, body, box, scope, commit } = at()
    const ann = editor(81)
    const start = on(
      'a',
      born,
      typed(ann, text => text.insert(0, 'the cat')),
    )
    expect(await told(box.changes(start))).toBe('applied')
    const bob = editor(82)
    bob.hear(encodeBytes(stateOf(ann)))
    const whole = (): Draft => on('a', { field: 2, kind: 'text', update: encodeBytes(stateOf(bob)) })
    // As it is there: anybody may.
    const his = outbox(scope)
    expect(await told(his.changes(whole()))).toBe('applied')
    expect((await commit(edit('a', { body: replace('a dog') }))).verdict.status).toBe('applied')
    typed(bob, text => text.insert(7, ' sat'))
    for (const _ of ['news', 'a retry']) {
      expect(await told(his.changes(whole()))).toBe('applied')
      expect(await body('a')).toBe('a dog sat')
    }
  })

  test(`${name}: two replicas that type at once both keep what they typed`, async () => {
    const { told, body, box, scope } = at()
    const ann = editor(1)
    await told(
      box.changes(
        on(
          'a',
          born,
          typed(ann, text => text.insert(0, 'the cat')),
        ),
      ),
    )
    const bob = editor(2)
    bob.hear(encodeBytes(stateOf(ann)))
    const hers = box.changes(
      on(
        'a',
        typed(ann, text => text.insert(7, ' sat')),
      ),
    )
    const his = outbox(scope).changes(
      on(
        'a',
        typed(bob, text => text.insert(4, 'black ')),
      ),
    )
    expect(await Promise.all([told(hers), told(his)])).toEqual(['applied', 'applied'])
    expect(await body('a')).toBe('the black cat sat')
  })

  test(`${name}: gaps, foreign roots and others' clientIDs are refused, and cost nobody else anything`, async () => {
    const { told, body, box, scope, commit } = at()
    const ann = editor(1)
    const start = typed(ann, text => text.insert(0, 'one'))
    typed(ann, text => text.insert(3, ' lost'))
    const gap = typed(ann, text => text.insert(8, ' found'))
    const foreign = editor(3)
    foreign.doc.getMap('evil').set('a', 1)
    const root: Op = { field: 2, kind: 'text', update: encodeBytes(stateOf(foreign)) }
    const other = outbox(scope)
    const stolen = editor(1)
    stolen.hear(start.kind === 'text' ? start.update : '')
    // Yjs takes another one when it meets its own; whoever steals it does not.
    stolen.doc.clientID = 1
    expect(await told(box.changes(on('a', born, start)))).toBe('applied')
    const codes = await Promise.all([
      told(box.changes(on('a', gap))),
      told(box.changes(on('a', root))),
      told(box.changes(on('a', { field: 2, kind: 'text', update: 'AAAAAAAA' }))),
      told(
        other.changes(
          on(
            'a',
            typed(stolen, text => text.insert(3, '!')),
          ),
        ),
      ),
      commit(edit('a', { body: replace('one more') })).then(({ verdict }) => verdict.status),
    ])
    expect(codes.slice(0, 2)).toEqual(['BAD_TEXT_UPDATE', 'BAD_TEXT_UPDATE'])
    expect(codes.slice(3)).toEqual(['BAD_TEXT_UPDATE', 'applied'])
    expect(await body('a')).toBe('one more')
  })

  test(`${name}: what was typed into a row that died meanwhile has no effect, and says so`, async () => {
    const { told, verdict, body, box, commit } = at()
    const ann = editor(1)
    expect(
      await told(
        box.changes(
          on(
            'a',
            born,
            typed(ann, text => text.insert(0, 'one')),
          ),
        ),
      ),
    ).toBe('applied')
    await commit({ kind: 'delete', entity: 'Note', id: 'note_a' })
    const late = await verdict(
      box.changes(
        on(
          'a',
          typed(ann, text => text.insert(3, ' two')),
        ),
      ),
    )
    expect(late.verdict).toEqual({
      status: 'applied',
      problems: [],
      superseded: [{ entity: 'Note', id: 'note_a', field: 'body' }],
    })
    expect(await body('a')).toBeUndefined()
  })

  test(`${name}: what was typed into a row whose create was refused is not in the row that somebody else creates`, async () => {
    const { told, body, box, commit } = at()
    const early = on(
      'a',
      typed(editor(1), text => text.insert(0, 'early')),
    )
    expect(await told(box.changes(early))).toBe('NOT_FOUND')
    expect((await commit(note('a'))).verdict.status).toBe('applied')
    expect(await body('a')).toBe('')
  })

  test(`${name}: acts with texts travel too, in the order of their numbers`, async () => {
    const { told, body, box } = at()
    const pushes: readonly Push[] = [
      box.acts(note('a', { body: replace('one') })),
      box.acts(edit('a', { body: replace('one two') })),
      box.changes(on('a', { field: 1, kind: 'register', value: 'T' })),
    ]
    expect(await Promise.all(pushes.map(told))).toEqual(['applied', 'applied', 'applied'])
    expect(await body('a')).toBe('one two')
  })
}

function stateOf({ doc }: ReturnType<typeof editor>): Uint8Array {
  return encodeStateAsUpdate(doc)
}
