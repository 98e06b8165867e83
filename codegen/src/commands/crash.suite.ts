import { expect } from 'vitest'
import type { Served } from './served.fixture.ts'

export const SCHEMA = `import { entity, f, model } from '@zg/schema-builder'

const List = entity({ id: f.id(), name: f.string(), tasks: f.many('Task', 'list') })
const Task = entity({
  id: f.id(),
  list: f.one('List').onDelete('cascade').optional(),
  title: f.string(),
  done: f.boolean().default(false),
})

export default model({ open: true, entities: { List, Task } }).define()
`

const CREATE = `mutation ($title: String!, $retry: String!) {
  createTask(input: { title: $title }, mutationId: $retry) {
    ... on TaskPayload { task { id } cursor }
    ... on Problem { code message }
  }
}`
const CHANGES = `subscription ($since: Cursor) {
  taskChanges(since: $since) { cursor events { kind id task { title } } }
}`

interface Created {
  readonly createTask: { readonly task: { readonly id: string }; readonly cursor: string }
}
interface Changes {
  readonly taskChanges: {
    readonly cursor: string
    readonly events: readonly {
      readonly kind: string
      readonly id: string
      readonly task: { readonly title: string }
    }[]
  }
}

/** Makes one task; under the same title a retry after an unknown outcome makes no second one. */
export async function createTask(served: Served, title: string): Promise<Created['createTask']> {
  const { createTask } = await served.ask<Created>(CREATE, { title, retry: `make ${title}` })
  expect(createTask.task.id).toMatch(/^task_/)
  return createTask
}

/** Follows the tasks from a cursor; remembers each event, and where to go on after the gateway is gone. */
export interface Subscriber {
  readonly titles: readonly string[]
  /** Ends when the gateway does, or once `goal()` tasks are known. */
  follow(served: Served, goal: () => number): Promise<void>
}

export function subscriber(start: string): Subscriber {
  let cursor = start
  const titles: string[] = []
  return {
    titles,
    follow: async (served, goal) => {
      for await (const { taskChanges } of served.stream<Changes>(CHANGES, { since: cursor })) {
        for (const { kind, task } of taskChanges.events) {
          expect(kind).toBe('UPSERT')
          titles.push(task.title)
        }
        cursor = taskChanges.cursor
        if (titles.length >= goal()) return
      }
    },
  }
}
