import type { Served } from './served.fixture.ts'

const ANSWER = '... on NotePayload { note { id } cursor } ... on Problem { code message }'
const CREATE = `mutation ($retry: String!) {
  outcome: createNote(input: {}, mutationId: $retry) { ${ANSWER} }
}`
const EDIT = `mutation ($retry: String!, $id: ID!, $base: Cursor!, $value: String!) {
  outcome: updateNote(id: $id, input: { body: { replace: { base: $base, value: $value } } }, mutationId: $retry) { ${ANSWER} }
}`

interface Answer {
  readonly outcome: { readonly note?: { readonly id: string }; readonly cursor: string }
}

/** Somebody who types into a text of his own, word by word, each against what he saw last. */
export interface Typist {
  readonly text: () => string
  /** To be tried again, at any gateway, until it is acknowledged. */
  type(served: Served, word: string): Promise<void>
}

/** To be tried again in the same way. */
export async function createTypist(first: Served, name: string): Promise<Typist> {
  const write = async (served: Served, query: string, variables: object) => {
    const { outcome } = await served.ask<Answer>(query, { ...variables })
    if (!outcome.note) throw new Error(JSON.stringify(outcome))
    return { id: outcome.note.id, base: outcome.cursor }
  }
  let seen = await write(first, CREATE, { retry: `note of ${name}` })
  let text = ''
  return {
    text: () => text,
    type: async (served, word) => {
      const value = `${text}${word} `
      seen = await write(served, EDIT, { ...seen, value, retry: `${word} of ${name}` })
      text = value
    },
  }
}

/** What all typists have left, as a gateway reads it. */
export async function notesAt(served: Served): Promise<readonly string[]> {
  const { notes } = await served.ask<{ notes: { nodes: { body: string }[] } }>('{ notes { nodes { body } } }')
  return notes.nodes.map(({ body }) => body)
}
