import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { root } from '../command.ts'

/** As much of docker-compose.yml as ours uses. */
export interface Compose {
  readonly services: { readonly [name: string]: Service }
  readonly volumes: { readonly [name: string]: unknown }
}

export interface Service {
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly environment: { readonly [name: string]: string }
  readonly ports: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: { readonly [name: string]: { readonly condition: string } }
  readonly healthcheck: { readonly test: readonly string[] } & { readonly [name: string]: unknown }
}

/** Throws on what is no YAML. Variables are those of nobody: their defaults. */
export function readCompose(): Compose {
  const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8')
  const document = parseDocument(text.replace(/\$\{\w+:-(\w*)\}/g, '$1'))
  const [wrong] = [...document.errors, ...document.warnings]
  if (wrong) throw wrong
  return document.toJS() as Compose
}

export interface Instruction {
  readonly name: string
  readonly value: string
}

export function readDockerfile(path: string): readonly Instruction[] {
  const lines = readFileSync(join(root, path), 'utf8').split('\n')
  return lines.flatMap(line => {
    const [, name, value] = /^([A-Z]+) (.+)$/.exec(line) ?? []
    if (name && value) return [{ name, value }]
    if (line === '' || line.startsWith('#')) return []
    throw new Error(`${path}: '${line}' is no instruction`)
  })
}
