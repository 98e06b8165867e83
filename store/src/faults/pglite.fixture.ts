import { film, films, increment, update } from '@zg/core/ports/ports.suite'
import { ANONYMOUS } from '@zg/core/ports/scope'
import { openDatabase } from '../database.ts'
import { openStore } from '../store.ts'

// A process that writes into the embedded database of a folder until it is killed, and prints each acknowledged name.
// Arguments: the folder, and a word that begins all names.

const [directory = '', word = ''] = process.argv.slice(2)
const scope = { tenant: 't', principal: ANONYMOUS }
const store = await openStore(await openDatabase({ directory }), films.model)
await store.writer.commit({ scope, acts: [film('shared')], mutationId: 'shared' })
const call = async (caller: number): Promise<never> => {
  for (let n = 0; ; n++) {
    const name = `${word}${caller}x${n}`
    const acts = [film(name), update('Film', 'film_shared', { likes: increment('1') })]
    await store.writer.commit({ scope, acts, mutationId: name })
    console.log(name)
  }
}
await Promise.all([0, 1, 2, 3].map(call))
