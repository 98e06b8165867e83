import { type Patch, parsePatch } from './patch.ts'
import { makeScratch } from './scratch.ts'
import { baseline, trial, type Verdict } from './trial.ts'

export type Result = Verdict & { readonly name: string; readonly kills: string; readonly seconds: number }

export type Options = {
  /** Patch name -> text. */
  readonly patches: ReadonlyMap<string, string>
  readonly env?: (patch: Patch) => NodeJS.ProcessEnv
  /** The test that every one of them must fail, whatever it names itself. */
  readonly kills?: string
  /** The tests have just passed on this very tree: none is run once more before the first bug is planted in front of it. */
  readonly tested?: boolean
  readonly report?: (result: Result) => void
}

/** Tries every mutant, two at a time, each side in a copy of its own. */
export async function tryMutants(root: string, options: Options): Promise<readonly Result[]> {
  const results: Result[] = []
  const waiting = [...options.patches]
  const healthy = new Map<string, Promise<string | undefined>>()

  const work = async (): Promise<void> => {
    const scratch = makeScratch(root)
    const verdict = async (patch: Patch): Promise<Verdict> => {
      const env = options.env?.(patch) ?? {}
      if (!options.tested) {
        const before = healthy.get(patch.kills) ?? baseline(scratch.folder, patch.kills, env)
        healthy.set(patch.kills, before)
        const sick = await before
        if (sick !== undefined) return { killed: false, why: sick }
      }
      return trial(scratch.folder, patch, env)
    }
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [name, text] = next
        const started = performance.now()
        const ended = (kills: string, end: Verdict) => {
          const result = { name, kills, ...end, seconds: (performance.now() - started) / 1000 }
          results.push(result)
          options.report?.(result)
        }
        const patch = attempt(() => ({
          ...parsePatch(name, text),
          ...(options.kills ? { kills: options.kills } : {}),
        }))
        if (patch instanceof Error) ended('', { killed: false, why: patch.message })
        else ended(patch.kills, await verdict(patch))
      }
    } finally {
      scratch.remove()
    }
  }
  await Promise.all([work(), work()])
  return results
}

function attempt<T>(make: () => T): T | Error {
  try {
    return make()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
