import { add, NOTHING_YET, trySeed } from './trial.ts'

// One of the processes that share the seeds: is sent a first and a last seed, answers with a tally.

process.on('message', async ({ first, last }: { readonly first: number; readonly last: number }) => {
  let tally = NOTHING_YET
  for (let seed = first; seed <= last; seed++) tally = add(tally, await trySeed(seed))
  process.send?.(tally)
})
