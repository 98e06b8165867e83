import { describe, expect, test } from 'vitest'
import type { Act } from '../act/act.ts'
import { add, create, desk, film, type PortsUnderTest, person, set, tag, update } from './ports.suite.ts'

/** What every Writer does with rows whose ids were made for the call. */
export function newIdsSuite(name: string, ports: () => PortsUnderTest): void {
  const made = (act: Act): Act => ({ ...(act as Act & { kind: 'create' }), generated: true })

  describe(`${name}: new ids`, () => {
    test('a retried create answers with the id made the first time', async () => {
      const { writer } = ports()
      const { scope, rows } = desk(ports())
      const fields = { title: set('Same') }
      const attempt = (id: string) =>
        writer.commit({
          scope,
          mutationId: 'n',
          acts: [made({ kind: 'create', entity: 'Film', id, fields })],
        })
      expect((await attempt('film_one')).ids).toEqual(['film_one'])
      expect((await attempt('film_two')).ids).toEqual(['film_one'])
      expect(await rows('Film')).toHaveLength(1)
    })

    test('rows under new ids, linked among each other and to old ones, are written as others are', async () => {
      const { apply, rows, row, related } = desk(ports())
      await apply(film('old'), tag('old'))
      await apply(
        made(person('new')),
        made(tag('new')),
        made(film('new', { director: set('person_new'), tags: add('tag_old', 'tag_new') })),
        update('Film', 'film_old', { director: set('person_new'), tags: add('tag_new') }),
        update('Film', 'film_new', { year: set(3) }),
      )
      expect(await row('Film', 'film_new')).toMatchObject({ director: 'person_new', year: 3 })
      expect((await rows('Film')).map(({ director }) => director)).toEqual(['person_new', 'person_new'])
      expect(await related('Tag', 'tag_new', 'films', 'Film')).toEqual(['film_new', 'film_old'])
    })

    test('an id that is called new and is not is refused alone', async () => {
      const { writer } = ports()
      const { apply, row, rows, scope } = desk(ports())
      await apply(film('a', { year: set(1) }))
      const [wrong, right] = await Promise.allSettled([
        writer.commit({ scope, acts: [made(film('a', { year: set(2) }))] }),
        writer.commit({ scope, acts: [film('b')] }),
      ])
      // It is a bug, and may be told as one.
      expect(wrong.status === 'rejected' ? 'rejected' : wrong.value.verdict.status).toBe('rejected')
      expect(right).toMatchObject({ value: { verdict: { status: 'applied' } } })
      expect(await row('Film', 'film_a')).toMatchObject({ year: 1 })
      expect(await rows('Film')).toHaveLength(2)
    })

    test('a retry that names ids made anew is the same mutation', async () => {
      const { writer } = ports()
      const { scope, rows } = desk(ports())
      const attempt = (id: string) => {
        return writer.commit({
          scope,
          mutationId: 'm',
          acts: [
            made(create('Person', `person_${id}`, { name: set('P') })),
            film('a', { director: set(`person_${id}`) }),
          ],
        })
      }
      const first = await attempt('one')
      expect(first.verdict.status).toBe('applied')
      expect(await attempt('two')).toEqual(first)
      expect((await rows('Person')).map(({ id }) => id)).toEqual(['person_one'])
    })
  })
}
