import { globSync } from 'node:fs'
import { capture, root } from './command.ts'

// Checks every tsconfig of the repository, two at a time: each folder has its own, because each has its own runtime.

const projects = globSync(['tsconfig.json', '*/tsconfig*.json', 'examples/*/tsconfig*.json'], {
  cwd: root,
  exclude: path => path.includes('node_modules'),
}).sort()

async function check(project: string): Promise<boolean> {
  const { code, output } = await capture('tsc', ['--project', project])
  // TS18003: a folder whose first file is still to be written has nothing to check.
  const ok = code === 0 || output.includes('error TS18003')
  if (!ok) console.error(`${project}\n${output}`)
  return ok
}

let failed = 0
const waiting = [...projects]
async function work(): Promise<void> {
  for (let project = waiting.shift(); project; project = waiting.shift()) {
    if (!(await check(project))) failed += 1
  }
}
await Promise.all([work(), work()])
console.log(`types: ${projects.length - failed} projects passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
