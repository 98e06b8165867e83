/** A bug of one line, with the test file that must notice it. See mutants/README.md. */
export type Patch = {
  readonly name: string
  readonly law: string
  /** The test file that must fail. */
  readonly kills: string
  /** The file it changes. */
  readonly file: string
  readonly diff: string
}

export function parsePatch(name: string, text: string): Patch {
  const [head = '', ...rest] = text.split(/^(?=--- )/m)
  const diff = rest.join('')
  const header = (word: string): string => {
    const value = new RegExp(`^# ${word}: *(.+)$`, 'm').exec(head)?.[1]?.trim()
    if (!value) throw new Error(`${name}: the line '# ${word}: ...' is missing before the diff`)
    return value
  }
  const kills = header('kills')
  const law = header('law')
  const files = [...diff.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(match => match[1]!.trim())
  const file = files[0]
  if (file === undefined || files.length > 1)
    throw new Error(`${name}: a mutant changes exactly one file (--- a/... +++ b/...)`)
  const changed = diff.split('\n').filter(line => /^[-+]/.test(line) && !/^(---|\+\+\+) /.test(line))
  const removed = changed.filter(line => line.startsWith('-')).length
  if (changed.length === 0 || removed > 1 || changed.length - removed > 1) {
    throw new Error(`${name}: a mutant is a bug of one line (at most one - and one +)`)
  }
  return { name, law, kills, file, diff }
}
