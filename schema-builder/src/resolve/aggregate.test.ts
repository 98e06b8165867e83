import { describe, expect, test } from 'vitest'
import { type Api, api, codeOf } from '../testing/api.suite.ts'
import { FILMS } from '../testing/films.suite.ts'

function films(ports: 'now' | 'later' = 'now'): Api {
  const made = api({ ports })
  made.apply(...FILMS)
  made.calls.length = 0
  return made
}

describe.each(['now', 'later'] as const)('aggregates, ports answering %s', ports => {
  test('are of the whole filter, whatever the page', async () => {
    const result = await films(ports).run(`{
      films(first: 1, where: { year: { gt: 1900 } }, orderBy: [{ year: DESC }]) {
        nodes { title }
        totalCount
        aggregate { count countDistinct { director rating } sum { year likes } avg { year } min { title released } max { rating year } }
      }
    }`)
    expect(result).toEqual({
      data: {
        films: {
          nodes: [{ title: 'The Shining' }],
          totalCount: 3,
          aggregate: {
            count: 3,
            countDistinct: { director: 2, rating: 2 },
            sum: { year: '5927', likes: '0' },
            avg: { year: 5927 / 3 },
            min: { title: '2001', released: null },
            max: { rating: 'R', year: 1980 },
          },
        },
      },
    })
  })

  test('of to-many and many-to-many relations, one read per level, shared by aliases and orders', async () => {
    const at = films(ports)
    const result = await at.run(`{
      films(orderBy: [{ title: ASC }]) {
        nodes {
          title
          reviews { totalCount }
          best: reviews(orderBy: [{ stars: DESC }], first: 1) { nodes { stars } aggregate { max { stars } total: sum { stars } } }
          tags(where: { name: { startsWith: "c" } }) { totalCount }
        }
      }
    }`)
    expect(result.data).toEqual({
      films: {
        nodes: [
          {
            title: '2001',
            reviews: { totalCount: 2 },
            best: { nodes: [{ stars: 5 }], aggregate: { max: { stars: 5 }, total: { stars: '8' } } },
            tags: { totalCount: 1 },
          },
          {
            title: 'Alien',
            reviews: { totalCount: 1 },
            best: { nodes: [{ stars: 5 }], aggregate: { max: { stars: 5 }, total: { stars: '5' } } },
            tags: { totalCount: 1 },
          },
          {
            title: 'Lost',
            reviews: { totalCount: 0 },
            best: { nodes: [], aggregate: { max: { stars: null }, total: { stars: null } } },
            tags: { totalCount: 0 },
          },
          {
            title: 'The Shining',
            reviews: { totalCount: 0 },
            best: { nodes: [], aggregate: { max: { stars: null }, total: { stars: null } } },
            tags: { totalCount: 0 },
          },
        ],
      },
    })
    if (ports === 'now') return
    expect([...at.calls].sort()).toEqual([
      'aggregates Film.reviews count,max stars,sum stars',
      'aggregates Film.tags count',
      'close',
      'open',
      'pages Film title',
      'pages Film.reviews stars',
    ])
  })
})

test('rows are read only when selected, and numbers too', async () => {
  const at = films()
  await at.run('{ films { totalCount } }')
  expect(at.calls).toEqual(['open', 'aggregates Film count', 'close'])
  at.calls.length = 0
  await at.run(`query ($no: Boolean = false) {
    films { nodes { id } totalCount @include(if: $no) aggregate @skip(if: true) { count } }
  }`)
  expect(at.calls).toEqual(['open', 'pages Film', 'close'])
  at.calls.length = 0
  await at.run('{ films { __typename ...f } } fragment f on FilmConnection { aggregate { max { year } } }')
  expect(at.calls).toEqual(['open', 'aggregates Film max year', 'close'])
})

const GROUPS = `query ($by: [FilmGroupField!]!, $unit: GroupUnit, $where: FilmWhere, $having: FilmHaving, $order: [FilmGroupOrder!], $first: Int) {
  filmGroups(by: $by, unit: $unit, where: $where, having: $having, orderBy: $order, first: $first) {
    keys { rating released director { name } }
    aggregate { count sum { year } max { title } }
  }
}`

async function groups(variables: object, at = films('later')): Promise<unknown> {
  const result = await at.run(GROUPS, { ...variables })
  if (result.errors) return result.errors.map(({ message }) => message)
  const { filmGroups } = result.data as { filmGroups: readonly { keys: object; aggregate: object }[] }
  return filmGroups.map(({ keys, aggregate }) =>
    JSON.stringify([...Object.values(keys), ...Object.values(aggregate)]),
  )
}

describe('groups', () => {
  test('all of them are reached by `where`, which begins behind the last key', async () => {
    const at = films('later')
    const page = async (args: string): Promise<readonly { keys: { year: number } }[]> => {
      const { data } = await at.run(
        `{ filmGroups(by: [year], ${args}) { keys { year } aggregate { count } } }`,
      )
      return data?.filmGroups as never
    }
    const found: unknown[] = []
    for (let last: number | undefined = 0; last !== undefined; ) {
      const [next] = await page(`first: 1, where: { year: { gt: ${last} } }`)
      if (next) found.push(next)
      last = next?.keys.year
    }
    expect(found).toHaveLength(3)
    expect(found).toEqual(await page('where: { year: { isNull: false } }'))
  })

  test('by a field and by a relation to one row', async () => {
    expect(await groups({ by: ['rating'] })).toEqual([
      '["G",null,null,1,{"year":"1968"},{"title":"2001"}]',
      '["R",null,null,2,{"year":"3959"},{"title":"The Shining"}]',
      '[null,null,null,1,{"year":null},{"title":"Lost"}]',
    ])
    const at = films('later')
    expect(await groups({ by: ['director'] }, at)).toEqual([
      '[null,null,{"name":"Kubrick"},2,{"year":"3948"},{"title":"The Shining"}]',
      '[null,null,{"name":"Scott"},1,{"year":"1979"},{"title":"Alien"}]',
      '[null,null,null,1,{"year":null},{"title":"Lost"}]',
    ])
    expect(at.calls).toEqual([
      'open',
      'aggregates Film count,sum year,max title',
      'rows Person name',
      'close',
    ])
  })

  test('of filtered rows, filtered, ordered and cut', async () => {
    expect(await groups({ by: ['rating'], where: { year: { lt: 1980 } }, first: 1 })).toEqual([
      '["G",null,null,1,{"year":"1968"},{"title":"2001"}]',
    ])
    const r = '["R",null,null,2,{"year":"3959"},{"title":"The Shining"}]'
    expect(await groups({ by: ['rating'], having: { count: { gt: 1 } } })).toEqual([r])
    expect(await groups({ by: ['rating'], having: { sum: { year: { gt: '3000' } } } })).toEqual([r])
    expect(
      await groups({
        by: ['rating'],
        having: { max: { title: { startsWith: 'The' }, rating: { eq: 'R' } } },
      }),
    ).toEqual([r])
    expect(await groups({ by: ['rating'], order: [{ count: 'DESC' }], first: 1 })).toEqual([r])
    expect(await groups({ by: ['rating'], order: [{ avg: { year: 'DESC' } }] })).toEqual([
      '[null,null,null,1,{"year":null},{"title":"Lost"}]',
      r,
      '["G",null,null,1,{"year":"1968"},{"title":"2001"}]',
    ])
    expect(
      await groups({ by: ['rating'], having: { count: { eq: 1 } }, order: [{ key: { rating: 'DESC' } }] }),
    ).toEqual([
      '[null,null,null,1,{"year":null},{"title":"Lost"}]',
      '["G",null,null,1,{"year":"1968"},{"title":"2001"}]',
    ])
  })

  test('days are cut to a unit; other keys stay as they are', async () => {
    const at = films()
    for (const [id, day] of [
      ['film_space', '1968-04-02'],
      ['film_alien', '1968-12-31'],
    ] as const) {
      at.apply({ kind: 'update', entity: 'Film', id, fields: { released: { kind: 'set', value: day } } })
    }
    expect(
      await groups({ by: ['released', 'rating'], unit: 'YEAR', where: { released: { isNull: false } } }, at),
    ).toEqual([
      '["G","1968-01-01",null,1,{"year":"1968"},{"title":"2001"}]',
      '["R","1968-01-01",null,1,{"year":"1979"},{"title":"Alien"}]',
    ])
  })

  test.each([
    [{ by: [] }, 'BAD_GROUP'],
    [{ by: ['rating', 'rating'] }, 'BAD_GROUP'],
    [{ by: ['rating'], first: 501 }, 'PAGE_SIZE'],
    [{ by: ['rating'], first: -1 }, 'PAGE_SIZE'],
    [{ by: ['rating'], order: [{ key: { seen: 'ASC' } }] }, 'BAD_GROUP'],
    [{ by: ['rating'], having: { count: { gt: null } } }, 'NULL_COMPARISON'],
    [{ by: ['rating'], having: { sum: { year: null } } }, 'NULL_COMPARISON'],
    [{ by: ['rating'], having: { sum: null } }, 'NULL_COMPARISON'],
    [{ by: ['rating'], where: { title: { eq: '\0' } } }, 'BAD_VALUE'],
    [{ by: ['rating'], having: { max: { title: { contains: '\0' } } } }, 'BAD_VALUE'],
  ])('%j is refused before any read', async (variables, code) => {
    const at = films()
    expect(codeOf(await at.run(GROUPS, variables))).toBe(code)
    expect(at.calls).toEqual([])
  })
})
