import { relative } from 'node:path'
import { styleText } from 'node:util'
import { formatProblem, type Problem } from '@zg/core/problem'

// Answers go to stdout, so that they can be piped; everything said about them goes to stderr. Colours only where a
// person looks: styleText heeds NO_COLOR, FORCE_COLOR and whether the stream is a terminal.

/** One line of an answer. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`)
}

/** One line about what is going on. */
export function say(line = ''): void {
  process.stderr.write(`${line}\n`)
}

export function sayProblems(problems: readonly Problem[]): void {
  for (const each of problems) say(red(formatProblem(each)))
}

export function red(text: string): string {
  return styleText('red', text, { stream: process.stderr })
}

/** Grey, for what is said; answers pass `process.stdout`. */
export function dim(text: string, stream: NodeJS.WriteStream = process.stderr): string {
  return styleText('dim', text, { stream })
}

export function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout })
}

/** A path as it is shortest to type from here. */
export function near(path: string): string {
  const way = relative(process.cwd(), path) || '.'
  return way.startsWith('..') ? path : way
}
