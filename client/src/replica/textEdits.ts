import type { Act, FieldAct } from '@zg/core/act/act'
import { decodeBytes, encodeBytes } from '@zg/core/base64url'
import { EMPTY_TEXT, TEXT_UPDATE_LIMIT, type TextContent, type TextSource } from '@zg/core/change/kinds/text'
import type { OpenText } from '@zg/core/change/text'
import { type Problem, problem } from '@zg/core/problem'

/** What opens texts (`core/change/text`, with Yjs): loaded by whoever shows or edits one, and by nobody else. */
export interface TextTools {
  readText(source: TextSource): TextContent
  openText(source: TextSource): Pick<OpenText, 'admit'>
  reviseText(source: TextSource, value: string, client: number): Uint8Array | null
}

export interface Editing {
  readonly tools: TextTools | null
  readonly random: (bytes: number) => Uint8Array
  /** A text as it is seen now, or as it was at the position of an edit; a problem if that is not remembered. */
  source(act: Act, field: string, edit: FieldAct): TextSource | Problem
}

/** Edits of texts become updates, as at a gateway: what is judged, shown and sent is the same. */
export function prepareEdits(
  editing: Editing,
  acts: readonly Act[],
): { readonly acts: readonly Act[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const written = new Map<string, Uint8Array[]>()
  const prepared = acts.map((act, i): Act => {
    if (act.kind === 'delete') return act
    const fields: { [name: string]: FieldAct } = {}
    for (const [name, edit] of Object.entries(act.fields)) {
      if (edit.kind !== 'replace' && edit.kind !== 'text') {
        fields[name] = edit
        continue
      }
      const own = `${act.id}/${name}`
      const update = updateOf(editing, act, name, edit, written.get(own) ?? [])
      if (update === null) continue
      if ('code' in update) problems.push({ ...update, path: [String(i), name, ...update.path] })
      else {
        written.set(own, [...(written.get(own) ?? []), update])
        fields[name] = { kind: 'text', update: encodeBytes(update), admitted: act.id }
      }
    }
    return { ...act, fields }
  })
  return { acts: prepared, problems }
}

/** Null: it changes nothing. */
function updateOf(
  { tools, random, source }: Editing,
  act: Act,
  name: string,
  edit: Extract<FieldAct, { kind: 'replace' | 'text' }>,
  written: readonly Uint8Array[],
): Uint8Array | Problem | null {
  if (!tools) {
    if (edit.kind === 'text') return decodeBytes(edit.update) ?? new Uint8Array()
    return problem(
      'TEXT_CLOSED',
      ['replace'],
      'This replica was opened without text tools; pass `text` to edit texts',
    )
  }
  const found = act.kind === 'create' ? EMPTY_TEXT : source(act, name, edit)
  if ('code' in found) return found
  const seen = { ...found, updates: [...found.updates, ...written] }
  if (edit.kind === 'replace') {
    const client = random(4).reduce((number, byte) => number * 256 + byte, 0)
    const update = tools.reviseText(seen, edit.value, client)
    if (!update || update.length <= TEXT_UPDATE_LIMIT) return update
    const message = `A text may be edited by ${TEXT_UPDATE_LIMIT} bytes at once at most; send it in parts`
    return problem('TOO_LARGE', ['replace', 'value'], message)
  }
  const [admission] = tools.openText(seen).admit([decodeBytes(edit.update) ?? new Uint8Array()], false)
  if (!admission || admission.kind === 'known') return null
  if (admission.kind === 'admitted') return admission.update
  return problem('BAD_TEXT_UPDATE', ['update'], `The update ${admission.why}`)
}
