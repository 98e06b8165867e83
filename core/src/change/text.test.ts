import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateVector, mergeUpdates } from 'yjs'
import {
  type Admission,
  clientOf,
  EMPTY_TEXT,
  TEXT_LIMIT,
  TEXT_UPDATE_LIMIT,
  type TextSource,
} from './kinds/text.ts'
import { isSameText, openText, readText, reviseText } from './text.ts'

/** What somebody does next: edits, replaces the whole text as he sees it, or hears what the log has. */
interface Move {
  readonly actor: number
  readonly does: 'insert' | 'delete' | 'replace' | 'hear'
  readonly at: number
  readonly words: string
}

/** One update, judged by a text opened for it. */
function admitText(source: TextSource, update: Uint8Array): Admission {
  const [admission] = openText(source).admit([update], false)
  if (!admission) throw new Error('One update has one answer')
  return admission
}

const ACTORS = 3
const move: fc.Arbitrary<Move> = fc.record({
  actor: fc.nat(ACTORS - 1),
  does: fc.constantFrom('insert', 'insert', 'delete', 'replace', 'hear'),
  at: fc.nat(30),
  words: fc.constantFrom('a', 'bc', ' ', 'word ', '🎬', 'é\n'),
})

/** Plays moves; answers the log of updates, as admitted in some order that respects who knew what. */
function play(moves: readonly Move[]): readonly Uint8Array[] {
  return playAll(moves).log
}

/** And each actor's whole document, however much of the log it has heard. */
function playAll(moves: readonly Move[]) {
  const log: Uint8Array[] = []
  const docs = Array.from({ length: ACTORS }, (_, i) => {
    const doc = new Doc()
    doc.clientID = i + 1
    return { doc, heard: 0 }
  })
  for (const { actor, does, at, words } of moves) {
    const own = docs[actor]
    if (!own) continue
    const { doc } = own
    const text = doc.getText('text')
    const before = encodeStateVector(doc)
    const place = Math.min(at, text.length)
    if (does === 'hear') {
      for (; own.heard < log.length; own.heard++) applyUpdate(doc, log[own.heard] ?? new Uint8Array())
      continue
    }
    if (does === 'insert') text.insert(place, words)
    if (does === 'delete') text.delete(place, Math.min(words.length, text.length - place))
    if (does === 'replace') {
      const state = encodeStateAsUpdate(doc)
      const update = reviseText(
        { state, updates: [] },
        text.toString().slice(0, place) + words,
        1_000 + log.length,
      )
      if (update) applyUpdate(doc, update)
      if (update) log.push(update)
      continue
    }
    const admission = admitText({ state: null, updates: log }, encodeStateAsUpdate(doc, before))
    if (admission.kind === 'refused') throw new Error(admission.why)
    if (admission.kind === 'admitted') {
      expect(clientOf(admission.update)).toBe(admission.client)
      log.push(admission.update)
    }
  }
  return { log, wholes: docs.map(({ doc }) => encodeStateAsUpdate(doc)) }
}

const moves = fc.array(move, { maxLength: 25 })

describe('a text', () => {
  test('reads the same in whatever order its updates come, folded anywhere', () => {
    fc.assert(
      fc.property(
        moves
          .map(play)
          .chain(log =>
            fc.tuple(
              fc.constant(log),
              fc.shuffledSubarray([...log], { minLength: log.length }),
              fc.nat(log.length),
            ),
          ),
        ([log, shuffled, cut]) => {
          const { plain } = readText({ state: null, updates: log })
          expect(readText({ state: null, updates: shuffled }).plain).toBe(plain)
          expect(readText({ state: null, updates: [...shuffled, ...log.slice(cut)] }).plain).toBe(plain)
          const { state } = readText({ state: null, updates: log.slice(0, cut) })
          expect(readText({ state, updates: log.slice(cut) }).plain).toBe(plain)
          if (log.length)
            expect(readText({ state: null, updates: [mergeUpdates([...shuffled])] }).plain).toBe(plain)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('revised says what it was told to, and keeps what came since', () => {
    fc.assert(
      fc.property(moves.map(play), fc.string({ unit: 'grapheme', maxLength: 20 }), (log, value) => {
        fc.pre(!value.includes('\0'))
        const source: TextSource = { state: null, updates: log }
        const update = reviseText(source, value, 77)
        const after = readText({ state: null, updates: [...log, ...(update ? [update] : [])] })
        expect(after.plain).toBe(value)
        expect(update === null).toBe(readText(source).plain === value)
        expect(reviseText({ state: after.state, updates: [] }, value, 78)).toBeNull()
      }),
      { numRuns: 150 },
    )
  })

  test('revised twice from one base keeps both edits', () => {
    const base = reviseText(EMPTY_TEXT, 'The cat sat on the mat.', 1) as Uint8Array
    const source = { state: null, updates: [base] }
    const one = reviseText(source, 'The black cat sat on the mat.', 2) as Uint8Array
    const two = reviseText(source, 'The cat sat on a mat.', 3) as Uint8Array
    expect(readText({ state: null, updates: [base, one, two] }).plain).toBe('The black cat sat on a mat.')
  })

  test('never takes a client that it knows', () => {
    const base = reviseText(EMPTY_TEXT, 'a', 9) as Uint8Array
    const next = reviseText({ state: base, updates: [] }, 'ab', 9) as Uint8Array
    expect(clientOf(next)).toBe(10)
    const last = reviseText(EMPTY_TEXT, 'z', 2 ** 32 - 1) as Uint8Array
    expect(clientOf(reviseText({ state: last, updates: [] }, 'zz', 2 ** 32 - 1) as Uint8Array)).toBe(0)
  })
})

describe('an update from a stranger', () => {
  const base = reviseText(EMPTY_TEXT, 'The cat sat on the mat 🎬.', 1) as Uint8Array
  const source: TextSource = { state: base, updates: [] }
  const doc = (work: (doc: Doc) => void, client = 5): Uint8Array => {
    const own = new Doc()
    own.clientID = client
    applyUpdate(own, base)
    const before = encodeStateVector(own)
    work(own)
    return encodeStateAsUpdate(own, before)
  }

  test.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /damaged/],
    ['noise', Uint8Array.of(7, 7, 7, 7, 7, 7), /damaged/],
    ['cut off', doc(own => own.getText('text').insert(0, 'hello')).slice(0, 9), /damaged/],
    ['too much', new Uint8Array(TEXT_UPDATE_LIMIT + 1), /larger than/],
    ['another root', doc(own => own.getText('other').insert(0, 'x')), /nothing else/],
    ['a map', doc(own => own.getMap('text').set('a', 1)), /nothing else/],
    ['a list of things', doc(own => own.getArray('text').push([{ a: 1 }])), /text and its formatting/],
    ['a document within', doc(own => own.getArray('text').push([new Doc()])), /text and its formatting/],
    [
      'an embedded thing',
      doc(own => own.getText('text').insertEmbed(0, { image: 'x' })),
      /text and its formatting/,
    ],
    ['U+0000', doc(own => own.getText('text').insert(0, 'a\0b')), /U\+0000/],
  ])('is refused: %s', (_, update, why) => {
    const admission = admitText(source, update)
    expect(admission).toMatchObject({ kind: 'refused' })
    expect(admission.kind === 'refused' && admission.why).toMatch(why)
  })

  test('is refused with gaps, or about what is not there', () => {
    const own = new Doc()
    own.clientID = 5
    const text = own.getText('text')
    text.insert(0, 'first')
    const known = encodeStateVector(own)
    text.insert(5, ' second')
    expect(admitText(source, encodeStateAsUpdate(own, known))).toMatchObject({ kind: 'refused' })
    const later = encodeStateVector(own)
    text.delete(0, 3)
    expect(admitText(source, encodeStateAsUpdate(own, later))).toMatchObject({ kind: 'refused' })
  })

  test('is refused with news from two clients, and admitted with what the text has already', () => {
    const own = new Doc()
    applyUpdate(own, base)
    own.clientID = 5
    own.getText('text').insert(0, 'five ')
    const five = encodeStateAsUpdate(own)
    own.clientID = 6
    own.getText('text').insert(0, 'six ')
    const both = encodeStateAsUpdate(own)
    expect(admitText(source, both)).toMatchObject({ kind: 'refused', why: expect.stringMatching(/several/) })
    expect(admitText(source, five)).toMatchObject({ kind: 'admitted', client: 5 })
    const admission = admitText({ state: base, updates: [five] }, both)
    expect(admission).toMatchObject({ kind: 'admitted', client: 6 })
    // Only the news is kept.
    if (admission.kind === 'admitted') expect(admission.update.length).toBeLessThan(five.length)
    expect(admitText({ state: base, updates: [five] }, five)).toEqual({ kind: 'known', among: [] })
  })

  test('says nothing new when it is all that somebody has, however old', () => {
    fc.assert(
      fc.property(moves.map(playAll), ({ log, wholes }) => {
        const source = { state: null, updates: log }
        for (const whole of wholes) expect(admitText(source, whole)).toMatchObject({ kind: 'known' })
      }),
      { numRuns: 150 },
    )
  })

  type Typing = Parameters<typeof doc>[0]
  const hello: Typing = own => own.getText('text').insert(0, 'hello')
  const atEnd: Typing = own => own.getText('text').insert(own.getText('text').length, 'hello')
  /** Once he has heard somebody else. */
  const behind =
    (heard: Typing, then: Typing): Typing =>
    own => {
      applyUpdate(own, doc(heard, 9))
      then(own)
    }
  const bold: Typing = own => own.getText('text').format(4, 3, { bold: true })
  test.each<[string, Typing, Typing]>([
    ['other words', hello, own => own.getText('text').insert(0, 'hullo')],
    ['fewer, and others', hello, own => own.getText('text').insert(0, 'hi')],
    ['more, and others', hello, own => own.getText('text').insert(0, 'hi and more')],
    ['behind what somebody else wrote', behind(atEnd, atEnd), atEnd],
    ['before what somebody else wrote', behind(hello, hello), hello],
    ['another place behind', hello, own => own.getText('text').insert(4, 'hello')],
    ['another place before', hello, own => own.getText('text').insert(24, 'hello')],
    [
      'another place, deleted since',
      own => {
        hello(own)
        own.getText('text').delete(0, 5)
      },
      own => own.getText('text').insert(9, 'hello'),
    ],
    ['words instead of a format', bold, own => own.getText('text').insert(4, 'b')],
    ['another format', bold, own => own.getText('text').format(4, 3, { italic: true })],
    ['another value of it', bold, own => own.getText('text').format(4, 3, { bold: 'very' })],
  ])('is refused if its client has said otherwise at those clocks: %s', (_, first, second) => {
    const there: TextSource = { state: base, updates: [doc(first)] }
    expect(admitText(there, doc(first))).toMatchObject({ kind: 'known' })
    expect(admitText(there, doc(second))).toMatchObject({
      kind: 'refused',
      why: expect.stringMatching(/says otherwise/),
    })
  })

  test('is a repetition of what is there, whole or in part, and of a pair that has been split', () => {
    const film: Typing = own => own.getText('text').insert(0, 'a 🎬')
    const one = doc(film)
    const other = new Doc()
    other.clientID = 6
    for (const update of [base, one]) applyUpdate(other, update)
    other.getText('text').insert(3, 'between')
    const there: TextSource = { state: encodeStateAsUpdate(other), updates: [] }
    const part = doc(own => own.getText('text').insert(0, 'a '))
    for (const again of [one, part]) {
      expect(admitText(there, again)).toEqual({ kind: 'known', among: [] })
    }
  })

  test('whose words are gone is a repetition if it was its sender who said them', () => {
    const own = new Doc()
    own.clientID = 5
    applyUpdate(own, base)
    hello(own)
    const whole = encodeStateAsUpdate(own)
    const other = new Doc()
    other.clientID = 6
    applyUpdate(other, whole)
    other.getText('text').delete(0, 9)
    const there: TextSource = { state: encodeStateAsUpdate(other), updates: [] }
    expect(admitText(there, doc(hello))).toEqual({ kind: 'known', among: [5] })
    expect(admitText(there, whole)).toMatchObject({ kind: 'known', among: expect.arrayContaining([1, 5]) })
    // Whoever has heard that they are gone repeats none of them.
    expect(admitText(there, encodeStateAsUpdate(other))).toEqual({ kind: 'known', among: [] })
    // Whoever only deletes besides says no more of who he is.
    own.getText('text').delete(12, 2)
    expect(admitText(there, encodeStateAsUpdate(own))).toMatchObject({
      kind: 'admitted',
      client: null,
      among: expect.arrayContaining([1, 5]),
    })
    own.getText('text').insert(0, 'news ')
    expect(admitText(there, encodeStateAsUpdate(own))).toMatchObject({
      kind: 'admitted',
      client: 5,
      among: [],
    })
  })

  test('may shorten a text that is too large, and not make it longer', () => {
    const own = new Doc()
    own.clientID = 7
    const text = own.getText('text')
    const updates: Uint8Array[] = []
    own.on('update', (update: Uint8Array) => updates.push(update))
    text.insert(0, 'x'.repeat(TEXT_LIMIT))
    const large: TextSource = { state: updates[0] ?? null, updates: [] }
    text.delete(0, TEXT_LIMIT - 5)
    text.insert(0, 'y')
    const open = openText(large)
    expect(open.admit(updates.slice(1), false)).toMatchObject([
      { kind: 'admitted', client: null },
      { kind: 'refused', why: expect.stringMatching(/shorten it first/) },
    ])
    const { plain, state } = readText({ state: large.state, updates: updates.slice(1, 2) })
    expect(plain).toBe('xxxxx')
    expect(openText({ state, updates: [] }).admit(updates.slice(2), false)).toMatchObject([
      { kind: 'admitted' },
    ])
  })

  test('may format, and only delete', () => {
    const bold = doc(own => own.getText('text').format(4, 3, { bold: true }))
    expect(admitText(source, bold)).toMatchObject({ kind: 'admitted', client: 5 })
    expect(readText({ state: base, updates: [bold] }).plain).toBe('The cat sat on the mat 🎬.')
    const gone = doc(own => own.getText('text').delete(0, 4))
    expect(admitText(source, gone)).toMatchObject({ kind: 'admitted', client: null })
    expect(clientOf(gone)).toBeNull()
  })

  test('mutated is refused or harmless: 1,000 of them', () => {
    const good = [
      doc(own => own.getText('text').insert(4, 'big ')),
      doc(own => own.getText('text').delete(2, 9)),
      doc(own => own.getText('text').insert(0, 'x', { bold: true })),
      encodeStateAsUpdate(new Doc()),
    ]
    const counts = { refused: 0, admitted: 0, known: 0 }
    fc.assert(
      fc.property(
        fc.constantFrom(...good),
        fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'flip', 'insert', 'drop')), {
          minLength: 1,
          maxLength: 4,
        }),
        (update, mutations) => {
          const bytes = [...update]
          for (const [place, value, does] of mutations) {
            const at = place % Math.max(1, bytes.length)
            if (does === 'set') bytes[at] = value
            else if (does === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << (value % 8))
            else if (does === 'insert') bytes.splice(at, 0, value)
            else bytes.splice(at, 1)
          }
          const admission = admitText(source, Uint8Array.from(bytes))
          counts[admission.kind]++
          if (admission.kind !== 'admitted') return
          // It can be read, written on, and merged with what others did meanwhile; and it is text.
          const other = reviseText(source, 'The cat sat on the mat 🎬. Really.', 3) as Uint8Array
          const updates = [admission.update, other]
          const { plain, state } = readText({ state: base, updates })
          expect(readText({ state: base, updates: updates.toReversed() }).plain).toBe(plain)
          expect(plain).not.toMatch(/\0|\p{Surrogate}/u)
          const next = reviseText({ state, updates: [] }, 'over', 4) as Uint8Array
          expect(readText({ state, updates: [next] }).plain).toBe('over')
        },
      ),
      { numRuns: 1_000 },
    )
    expect(counts.refused).toBeGreaterThan(100)
    expect(counts.admitted).toBeGreaterThan(10)
  })
})

test('two states are the same text if neither has what the other has not, whatever their order', () => {
  const one = reviseText(EMPTY_TEXT, 'one two', 1) as Uint8Array
  const both = [2, 3].map(
    client => reviseText({ state: one, updates: [] }, `one ${client} two`, client) as Uint8Array,
  )
  const state = (...updates: readonly Uint8Array[]) => readText({ state: null, updates }).state
  expect(isSameText(state(one, ...both), state(one, ...both.toReversed()))).toBe(true)
  expect(isSameText(state(one, ...both), state(one))).toBe(false)
  expect(isSameText(state(one), state(one, ...both))).toBe(false)
  // It reads the same, and one of them has seen a word come and go.
  const came = reviseText({ state: one, updates: [] }, 'one two three', 4) as Uint8Array
  const went = reviseText({ state: one, updates: [came] }, 'one two', 5) as Uint8Array
  expect(isSameText(state(one), state(one, came, went))).toBe(false)
})
