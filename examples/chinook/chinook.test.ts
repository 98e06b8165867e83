import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { storeApi } from '@zg/gateway/store-api'
import { memoryDatabase } from '@zg/store/database.fixture'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadMapping } from 'zg/import/load'
import { scope } from 'zg/import/ports.fixture'
import type { Report } from 'zg/import/report'
import { runImport } from 'zg/import/run'
import { requireOrSkip } from '../../scripts/testing/require.ts'
import schema from './schema.ts'

const FILE = join(import.meta.dirname, '../../../shared/data/chinook/ChinookData.json')
const MAPPING = join(import.meta.dirname, 'chinook.mapping.json')
const there = requireOrSkip('chinook', existsSync(FILE), `there is no ${FILE}`)

type Record = { readonly [column: string]: string | number | null }
type Table =
  | 'Artist'
  | 'Album'
  | 'Genre'
  | 'MediaType'
  | 'Track'
  | 'Playlist'
  | 'PlaylistTrack'
  | 'Employee'
  | 'Customer'
  | 'Invoice'
  | 'InvoiceLine'

const read = (): { readonly [T in Table]: readonly Record[] } => JSON.parse(readFileSync(FILE, 'utf8'))

test('the schema has no problems, and all of it is enforced', () => {
  expect(schema.problems).toEqual([])
  expect(schema.ir.unenforced).toEqual([])
})

describe.skipIf(!there)('Chinook, against facts computed from its file', () => {
  const file = there ? read() : ({} as ReturnType<typeof read>)
  let database: Database
  let store: Store
  let report: Report
  beforeAll(async () => {
    database = await memoryDatabase()
    store = await openStore(database, schema.ir)
    report = await importAll()
  }, 180_000)
  afterAll(async () => {
    await store.close()
    await database.close()
  })

  async function importAll(): Promise<Report> {
    const { catalog, reader, writer } = store
    return runImport({ mapping: await loadMapping(MAPPING, catalog), catalog, reader, writer, scope })
  }

  async function ask(text: string, variables: object = {}): Promise<any> {
    const { data, errors } = await storeApi(store).execute({
      document: parse(text),
      variableValues: { ...variables },
      signal: AbortSignal.timeout(60_000),
    })
    if (errors) throw errors[0]
    return data
  }

  /** All nodes of a root connection, page by page. */
  async function all(field: string, selection: string): Promise<readonly any[]> {
    const nodes = []
    for (let after: string | null = null, more = true; more; ) {
      const page = await ask(
        `query ($after: String) {
          ${field}(first: 500, after: $after) { nodes { ${selection} } pageInfo { endCursor hasNextPage } }
        }`,
        { after },
      )
      nodes.push(...page[field].nodes)
      after = page[field].pageInfo.endCursor
      more = page[field].pageInfo.hasNextPage
    }
    return nodes
  }

  test('all 15,607 records of the eleven tables are there', async () => {
    expect(report).toMatchObject({ complete: true, refused: [] })
    expect(Object.values(file).reduce((sum, rows) => sum + rows.length, 0)).toBe(15_607)
    expect(report.counts.reduce((sum, { created }) => sum + created, 0)).toBe(15_607)
    expect(Object.fromEntries(report.counts.map(({ name, created }) => [name, created]))).toEqual({
      Artist: file.Artist.length,
      Album: file.Album.length,
      Genre: file.Genre.length,
      MediaType: file.MediaType.length,
      Track: file.Track.length,
      Playlist: file.Playlist.length,
      Employee: file.Employee.length,
      Customer: file.Customer.length,
      Invoice: file.Invoice.length,
      InvoiceLine: file.InvoiceLine.length,
      'Playlist.tracks': file.PlaylistTrack.length,
    })
  })

  test('GraphQL counts them', async () => {
    const counts = await ask(`{
      artists { totalCount } albums { totalCount } genres { totalCount } mediaTypes { totalCount }
      tracks { totalCount } playlists { totalCount } employees { totalCount } customers { totalCount }
      invoices { totalCount } invoiceLines { totalCount }
    }`)
    expect(counts).toEqual({
      artists: { totalCount: 275 },
      albums: { totalCount: 347 },
      genres: { totalCount: 25 },
      mediaTypes: { totalCount: 5 },
      tracks: { totalCount: 3_503 },
      playlists: { totalCount: 18 },
      employees: { totalCount: 8 },
      customers: { totalCount: 59 },
      invoices: { totalCount: 412 },
      invoiceLines: { totalCount: 2_240 },
    })
  })

  test('the sum of Bytes is exact beyond 32 bits', async () => {
    const bytes = file.Track.reduce((sum, track) => sum + BigInt(track.Bytes ?? 0), 0n)
    expect(bytes).toBe(117_386_255_350n)
    const { tracks } = await ask(`{ tracks { aggregate {
      sum { bytes milliseconds unitPrice } min { milliseconds } max { milliseconds }
      countDistinct { composer album }
    } } }`)
    const lengths = file.Track.map(track => Number(track.Milliseconds))
    const cents = file.Track.reduce((sum, track) => sum + centsOf(track.UnitPrice), 0)
    expect(tracks.aggregate).toEqual({
      sum: {
        bytes: String(bytes),
        milliseconds: String(lengths.reduce((a, b) => a + b, 0)),
        unitPrice: money(cents),
      },
      min: { milliseconds: Math.min(...lengths) },
      max: { milliseconds: Math.max(...lengths) },
      countDistinct: {
        composer: new Set(file.Track.map(track => track.Composer).filter(Boolean)).size,
        album: new Set(file.Track.map(track => track.AlbumId)).size,
      },
    })
  })

  test('sums per customer, nested and in groups', async () => {
    const spent = new Map<string, { cents: number; count: number }>()
    for (const invoice of file.Invoice) {
      const id = `customer_${invoice.CustomerId}`
      const { cents, count } = spent.get(id) ?? { cents: 0, count: 0 }
      spent.set(id, { cents: cents + centsOf(invoice.Total), count: count + 1 })
    }
    const nested = await all('customers', 'id invoices { totalCount aggregate { sum { total } } }')
    expect(nested.map(({ id, invoices }) => [id, invoices.totalCount, invoices.aggregate.sum.total])).toEqual(
      file.Customer.map(({ CustomerId }) => `customer_${CustomerId}`)
        .sort()
        .map(id => [id, spent.get(id)?.count, money(spent.get(id)?.cents ?? 0)]),
    )
    const { invoiceGroups } = await ask(`{
      invoiceGroups(by: [customer], first: 500) { keys { customer { id } } aggregate { count sum { total } } }
    }`)
    const grouped = invoiceGroups.map(({ keys, aggregate }: any) => [
      keys.customer.id,
      { cents: centsOf(Number(aggregate.sum.total)), count: aggregate.count },
    ])
    expect(new Map(grouped)).toEqual(spent)
  })

  test('the longest track of each genre', async () => {
    const genres = await all(
      'genres',
      'id tracks(first: 1, orderBy: [{ milliseconds: DESC }]) { nodes { id milliseconds } }',
    )
    const longest = file.Genre.map(genre => {
      const own = file.Track.filter(track => track.GenreId === genre.GenreId)
      const top = own.toSorted((a, b) => Number(b.Milliseconds) - Number(a.Milliseconds))[0]
      return [`genre_${genre.GenreId}`, `track_${top?.TrackId}`, top?.Milliseconds]
    })
    const answered = genres.map(({ id, tracks: { nodes } }) => [id, nodes[0]?.id, nodes[0]?.milliseconds])
    expect(answered.toSorted()).toEqual(longest.toSorted())
  })

  test('the playlists of every track, and the tracks of every playlist', async () => {
    const pairs = file.PlaylistTrack.map(
      ({ PlaylistId, TrackId }) => `playlist_${PlaylistId} track_${TrackId}`,
    )
    const tracks = await all('tracks', 'id playlists { nodes { id } totalCount }')
    const ofTracks = tracks.flatMap(({ id, playlists }) => {
      expect(playlists.nodes).toHaveLength(playlists.totalCount)
      return playlists.nodes.map((playlist: { id: string }) => `${playlist.id} ${id}`)
    })
    expect(ofTracks.toSorted()).toEqual(pairs.toSorted())
    for (const { id, tracks } of await all('playlists', 'id tracks { totalCount }')) {
      expect(tracks.totalCount).toBe(pairs.filter(pair => pair.startsWith(`${id} `)).length)
    }
  })

  test('the reporting chain of every employee, and who reports to whom', async () => {
    const boss = new Map(
      file.Employee.map(({ EmployeeId, ReportsTo }) => [
        `employee_${EmployeeId}`,
        ReportsTo === null ? null : `employee_${ReportsTo}`,
      ]),
    )
    const above = (id: string): readonly string[] => {
      const next = boss.get(id) ?? null
      return next === null ? [] : [next, ...above(next)]
    }
    const employees = await all(
      'employees',
      'id reportsTo { id reportsTo { id reportsTo { id } } } reports { nodes { id } }',
    )
    expect(Math.max(...[...boss.keys()].map(id => above(id).length))).toBe(2)
    for (const { id, reportsTo, reports } of employees) {
      const chain = []
      for (let next = reportsTo; next; next = next.reportsTo) chain.push(next.id)
      expect([id, ...chain]).toEqual([id, ...above(id)])
      expect(reports.nodes.map((each: { id: string }) => each.id)).toEqual(
        [...boss].filter(([, to]) => to === id).map(([own]) => own),
      )
    }
  })

  test('every invoice total is the sum of its lines', async () => {
    const invoices = await all('invoices', 'id total lines { totalCount nodes { unitPrice quantity } }')
    expect(invoices).toHaveLength(file.Invoice.length)
    const totals = new Map(file.Invoice.map(({ InvoiceId, Total }) => [`invoice_${InvoiceId}`, Total]))
    for (const { id, total, lines } of invoices) {
      expect(lines.nodes.length).toBe(lines.totalCount)
      const cents = lines.nodes.reduce(
        (sum: number, line: { unitPrice: string; quantity: number }) =>
          sum + centsOf(Number(line.unitPrice)) * line.quantity,
        0,
      )
      expect([id, total]).toEqual([id, money(cents)])
      expect(total).toBe(money(centsOf(totals.get(id) ?? null)))
    }
  })

  test('filters reach through relations', async () => {
    const { artists, customers } = await ask(`{
      artists(where: { albums: { some: { tracks: { some: { genre: { name: { eq: "Jazz" } } } } } } }) { totalCount }
      customers(where: { invoices: { some: { total: { gte: "20" } } } }) { nodes { id } }
    }`)
    const jazz = file.Genre.find(genre => genre.Name === 'Jazz')?.GenreId
    const albums = new Set(file.Track.filter(track => track.GenreId === jazz).map(track => track.AlbumId))
    const players = file.Album.filter(album => albums.has(album.AlbumId ?? null)).map(album => album.ArtistId)
    expect(artists.totalCount).toBe(new Set(players).size)
    const large = file.Invoice.filter(({ Total }) => centsOf(Total ?? null) >= 2_000)
    expect(customers.nodes.map(({ id }: { id: string }) => id)).toEqual(
      [...new Set(large.map(({ CustomerId }) => `customer_${CustomerId}`))].sort(),
    )
  })

  test.each<[string, string, Table, (record: Record) => object]>([
    ['artist_1', 'Artist', 'Artist', ({ Name }) => ({ name: Name })],
    [
      'album_5',
      'Album',
      'Album',
      ({ Title, ArtistId }) => ({ title: Title, artist: ref('artist', ArtistId) }),
    ],
    ['genre_25', 'Genre', 'Genre', ({ Name }) => ({ name: Name })],
    ['mediatype_3', 'MediaType', 'MediaType', ({ Name }) => ({ name: Name })],
    [
      'track_3503',
      'Track',
      'Track',
      row => ({
        name: row.Name,
        composer: row.Composer,
        album: ref('album', row.AlbumId),
        milliseconds: row.Milliseconds,
        bytes: String(row.Bytes),
        unitPrice: money(centsOf(row.UnitPrice ?? null)),
      }),
    ],
    ['playlist_18', 'Playlist', 'Playlist', ({ Name }) => ({ name: Name })],
    [
      'employee_3',
      'Employee',
      'Employee',
      row => ({
        lastName: row.LastName,
        birthDate: String(row.BirthDate).slice(0, 10),
        reportsTo: ref('employee', row.ReportsTo),
      }),
    ],
    [
      'customer_2',
      'Customer',
      'Customer',
      row => ({
        email: row.Email,
        company: row.Company || null,
        supportRep: ref('employee', row.SupportRepId),
      }),
    ],
    [
      'invoice_412',
      'Invoice',
      'Invoice',
      row => ({
        date: String(row.InvoiceDate).slice(0, 10),
        total: money(centsOf(row.Total ?? null)),
        customer: ref('customer', row.CustomerId),
      }),
    ],
    [
      'invoiceline_2240',
      'InvoiceLine',
      'InvoiceLine',
      row => ({
        quantity: row.Quantity,
        unitPrice: money(centsOf(row.UnitPrice ?? null)),
        track: ref('track', row.TrackId),
      }),
    ],
  ])('node(%s)', async (id, type, table, expected) => {
    const number = Number(id.split('_')[1])
    const row = file[table].find(record => record[`${table}Id`] === number)
    if (!row) throw new Error(`The file has no ${id}`)
    const fields = expected(row)
    const selection = Object.entries(fields).map(([name, value]) =>
      typeof value === 'object' && value !== null ? `${name} { id }` : name,
    )
    const { node } = await ask(
      `query ($id: ID!) { node(id: $id) { __typename id ... on ${type} { ${selection.join(' ')} } } }`,
      { id },
    )
    expect(node).toEqual({ __typename: type, id, ...fields })
  })

  test('imported again, nothing is written', async () => {
    const again = await importAll()
    expect(again.counts.map(({ created, updated, refused }) => [created, updated, refused])).toEqual(
      report.counts.map(() => [0, 0, 0]),
    )
  }, 60_000)
})

/** Of prices with at most two places. */
function centsOf(value: string | number | null | undefined): number {
  return Math.round(Number(value) * 100)
}

function money(cents: number): string {
  return (cents / 100).toFixed(2)
}

function ref(prefix: string, number: string | number | null | undefined): { readonly id: string } | null {
  return number === null || number === undefined ? null : { id: `${prefix}_${number}` }
}
