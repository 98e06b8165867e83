import { readFile } from 'node:fs/promises'
import { modelHash } from '@zg/core/ir/hash'
import type { ModelIR } from '@zg/core/ir/ir'
import { sdl } from '@zg/schema-builder/schema'
import ejs from 'ejs'
import type { GeneratedFile } from '../writer/writer.ts'

/** What a target is made from; templates see exactly this. */
interface View {
  readonly hash: string
  readonly sdl: string
}

/** One template per file; a further target is a further line. */
const TARGETS = [{ path: 'schema.graphql', template: 'schema.graphql.ejs' }] as const

/** Everything that is generated from a model. A pure function of the model: equal models give equal texts. */
export async function generate(model: ModelIR): Promise<readonly GeneratedFile[]> {
  const view: View = { hash: modelHash(model), sdl: sdl(model) }
  return Promise.all(
    TARGETS.map(async ({ path, template }) => ({ path, text: await render(template, view) })),
  )
}

async function render(template: string, view: View): Promise<string> {
  const text = await readFile(new URL(`./templates/${template}`, import.meta.url), 'utf8')
  return `${ejs.render(text, view, { strict: true, localsName: 'view', destructuredLocals: Object.keys(view) }).trimEnd()}\n`
}
