import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { library } from './library.fixture.ts'
import { parseMapping } from './parse.ts'

const here = import.meta.dirname

function parse(json: unknown) {
  return parseMapping(json, library, here)
}

/** A mapping of one rule. */
function rule(more: object, sources: object = { books: 'books.csv' }) {
  return { format: 1, sources, rules: [{ entity: 'Book', from: 'books', ...more }] }
}

const fields = { isbn: 'ISBN', title: 'Title' }

function problemsOf(json: unknown): readonly (readonly [string, string])[] {
  const parsed = parse(json)
  if (parsed.kind === 'mapping') return []
  for (const { code } of parsed.problems) expect(code).toBe('BAD_MAPPING')
  return parsed.problems.map(({ path, message }) => [path.join('.'), message])
}

describe('a mapping', () => {
  test('is resolved against the model', () => {
    const parsed = parse(
      rule({
        fields: {
          ...fields,
          published: { column: 'Date', as: ['trim', { date: 'DD.MM.YY', latest: '2020-01-01' }] },
          language: { literal: 'en' },
          author: { key: { name: 'Author' }, create: true },
          subjects: { key: { name: { column: 'Subjects', as: [{ split: '|' }] } } },
        },
        skip: [{ column: 'Title', is: null, because: 'empty lines' }],
        repeats: true,
      }),
    )
    if (parsed.kind !== 'mapping') throw new Error(JSON.stringify(parsed.problems))
    const [book, author, ...more] = parsed.mapping.rules
    expect(parsed.mapping.sources).toEqual([
      {
        name: 'books',
        spelling: 'books.csv',
        file: join(here, 'books.csv'),
        format: 'csv',
        at: [],
        delimiter: ',',
      },
    ])
    expect(book).toMatchObject({ kind: 'rows', repeats: true, implied: false, entity: { name: 'Book' } })
    expect(author).toMatchObject({ kind: 'rows', repeats: true, implied: true, entity: { name: 'Author' } })
    expect(more).toEqual([])
  })

  test('of one target through two fields implies one rule', () => {
    const parsed = parse({
      format: 1,
      sources: { people: 'people.csv' },
      rules: [
        { entity: 'Branch', from: 'people', fields: { city: 'City' }, repeats: true },
        {
          entity: 'Book',
          from: 'people',
          fields: { ...fields, author: { key: { name: 'A' }, create: true } },
        },
        {
          entity: 'Book',
          from: 'people',
          fields: { ...fields, author: { key: { name: 'A' }, create: true } },
        },
        {
          entity: 'Book',
          from: 'people',
          fields: { ...fields, author: { key: { name: 'B' }, create: true } },
        },
      ],
    })
    expect(
      parsed.kind === 'mapping' && parsed.mapping.rules.filter(each => each.kind === 'rows' && each.implied),
    ).toHaveLength(2)
  })

  test('finds files of packages that do not export them', () => {
    const parsed = parse(rule({ fields }, { books: 'npm:vega-datasets/data/movies.json' }))
    expect(parsed.kind === 'mapping' && parsed.mapping.sources[0]?.file).toMatch(
      /node_modules.vega-datasets.data.movies\.json$/,
    )
  })

  test.each<[string, unknown, string, RegExp]>([
    ['no object', [], '', /must be an object with format, sources, rules/],
    ['an unknown member', { ...rule({ fields }), extra: 1 }, 'extra', /not known here/],
    ['another format', { ...rule({ fields }), format: 2 }, 'format', /must be 1/],
    ['an unknown source', rule({ from: 'films', fields }), 'rules.0.from', /no source "films".*books/],
    [
      'an unknown entity',
      rule({ entity: 'Film', fields }),
      'rules.0.entity',
      /no entity "Film".*Book, Author/,
    ],
    [
      'an entity without a key',
      rule({ entity: 'Note', fields: { text: 'T' } }),
      'rules.0.entity',
      /natural key/,
    ],
    [
      'an unknown field',
      rule({ fields: { ...fields, titel: 'T' } }),
      'rules.0.fields.titel',
      /no field of Book.*title/,
    ],
    [
      'the other end',
      rule({ entity: 'Author', fields: { name: 'A', books: 'B' } }),
      'rules.0.fields.books',
      /map that/,
    ],
    ['no key', rule({ fields: { title: 'T' } }), 'rules.0.fields', /Book\.isbn is part of the key/],
    [
      'a required field left out',
      rule({ fields: { isbn: 'I' } }),
      'rules.0.fields',
      /Book\.title is required/,
    ],
    [
      'a column for a relation',
      rule({ fields: { ...fields, author: 'A' } }),
      'rules.0.fields.author',
      /object with key, create/,
    ],
    [
      'a target without its key',
      rule({ fields: { ...fields, author: { key: {} } } }),
      'rules.0.fields.author.key',
      /say where name/,
    ],
    [
      'a part that is not of the key',
      rule({ fields: { ...fields, author: { key: { name: 'A', x: 'B' } } } }),
      'rules.0.fields.author.key.x',
      /not known/,
    ],
    [
      'a target that cannot be made',
      {
        format: 1,
        sources: { a: 'a.csv' },
        rules: [
          {
            entity: 'Edition',
            from: 'a',
            fields: { number: 'N', book: { key: { isbn: 'I' }, create: true } },
          },
        ],
      },
      'rules.0.fields.book.create',
      /Book\.title is required too/,
    ],
    [
      'an unknown step',
      rule({ fields: { isbn: 'I', title: { column: 'T', as: ['shout'] } } }),
      'rules.0.fields.title.as.0',
      /must be one of: trim/,
    ],
    [
      'a bad date',
      rule({ fields: { ...fields, published: { column: 'D', as: [{ date: 'MM YYYY' }] } } }),
      'rules.0.fields.published.as.0.date',
      /needs a year/,
    ],
    [
      'a bad limit',
      rule({
        fields: { ...fields, published: { column: 'D', as: [{ date: 'DD.MM.YYYY', latest: '2011-02-30' }] } },
      }),
      'rules.0.fields.published.as.0.latest',
      /YYYY-MM-DD/,
    ],
    [
      'an unknown encoding',
      rule({ fields: { isbn: 'I', title: { column: 'T', as: [{ reread: ['klingon', 'utf-8'] }] } } }),
      'rules.0.fields.title.as.0.reread',
      /klingon/,
    ],
    [
      'a list for one value',
      rule({ fields: { isbn: 'I', title: { column: 'T', as: [{ split: ',' }] } } }),
      'rules.0.fields.title.as',
      /holds one value/,
    ],
    [
      'values that are lists',
      rule({ fields: { isbn: 'I', title: { column: 'T', as: [{ values: { a: [] } }] } } }),
      'rules.0.fields.title.as.0.values.a',
      /single value/,
    ],
    [
      'a skip without a reason',
      rule({ fields, skip: [{ column: 'A', is: 1 }] }),
      'rules.0.skip.0.because',
      /must be a text/,
    ],
    [
      'a skip without a value',
      rule({ fields, skip: [{ column: 'A', because: 'x' }] }),
      'rules.0.skip.0.is',
      /must be null/,
    ],
    ['a file of no format', rule({ fields }, { books: 'books.xls' }), 'sources.books.format', /json.*csv/],
    [
      'a package that is not there',
      rule({ fields }, { books: 'npm:no-such-package-here/a.csv' }),
      'sources.books.file',
      /npm install no-such-package-here/,
    ],
    [
      'a way out of a package',
      rule({ fields }, { books: 'npm:vega-datasets/../../a.csv' }),
      'sources.books.file',
      /npm:<package>/,
    ],
    [
      'a place in a CSV file',
      rule({ fields }, { books: { file: 'a.csv', at: ['x'] } }),
      'sources.books.at',
      /for JSON/,
    ],
    [
      'edges of no relation',
      { format: 1, sources: { a: 'a.csv' }, rules: [{ edges: 'Book.words', from: 'a', of: {}, add: {} }] },
      'rules.0.edges',
      /Book\.subjects, Subject\.books/,
    ],
  ])('with %s is refused, with its path', (_, json, path, message) => {
    expect(problemsOf(json)).toContainEqual([path, expect.stringMatching(message)])
  })

  test('tells all mistakes at once', () => {
    const problems = problemsOf({
      format: 1,
      sources: { a: 'a.txt' },
      rules: [
        { entity: 'Film', from: 'a', fields: {} },
        { entity: 'Author', from: 'b', fields: { nam: 'N' } },
      ],
    })
    expect(problems.map(([path]) => path)).toEqual([
      'sources.a.format',
      'rules.0.entity',
      'rules.1.from',
      'rules.1.fields.nam',
      'rules.1.fields',
    ])
  })

  test.each([null, 'x', 5, [], { rules: {} }, { format: 1, sources: [], rules: [null] }])(
    '%j gives problems, not a crash',
    json => {
      expect(problemsOf(json).length).toBeGreaterThan(0)
    },
  )

  test('does not take members of every object for its own', () => {
    const json = JSON.parse(
      '{"format":1,"sources":{"books":"a.csv"},"rules":[{"entity":"Book","from":"books","fields":{"isbn":"I","title":"T","constructor":"C","__proto__":"P"}}]}',
    )
    expect(problemsOf(json).map(([path]) => path)).toEqual([
      'rules.0.fields.constructor',
      'rules.0.fields.__proto__',
    ])
  })
})
