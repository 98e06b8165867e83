import { entity, f, model } from '@zg/schema-builder'

/** The numbers of the original tables are the natural keys: artist 1 is `artist_1`, and importing again finds it. */
const Artist = entity({
  id: f.id({ key: 'artistId' }),
  artistId: f.int().once(),
  name: f.string(),
  albums: f.many('Album', 'artist'),
})

const Album = entity({
  id: f.id({ key: 'albumId' }),
  albumId: f.int().once(),
  title: f.string(),
  artist: f.one('Artist'),
  tracks: f.many('Track', 'album'),
})

const Genre = entity({
  id: f.id({ key: 'genreId' }),
  genreId: f.int().once(),
  name: f.string(),
  tracks: f.many('Track', 'genre'),
})

const MediaType = entity({
  id: f.id({ key: 'mediaTypeId' }),
  mediaTypeId: f.int().once(),
  name: f.string(),
  tracks: f.many('Track', 'mediaType'),
})

const Track = entity(
  {
    id: f.id({ key: 'trackId' }),
    trackId: f.int().once(),
    name: f.string(),
    album: f.one('Album').onDelete('cascade'),
    mediaType: f.one('MediaType'),
    genre: f.one('Genre'),
    composer: f.string().optional(),
    milliseconds: f.int(),
    bytes: f.bigint(),
    unitPrice: f.decimal({ scale: 2 }), // US dollars, as all money here
    playlists: f.manyToMany('Playlist', 'tracks'),
    lines: f.many('InvoiceLine', 'track'),
  },
  { index: [['milliseconds']] },
)

const Playlist = entity({
  id: f.id({ key: 'playlistId' }),
  playlistId: f.int().once(),
  name: f.string(),
  tracks: f.manyToMany('Track'),
})

const Employee = entity({
  id: f.id({ key: 'employeeId' }),
  employeeId: f.int().once(),
  lastName: f.string(),
  firstName: f.string(),
  title: f.string(),
  reportsTo: f.one('Employee').optional().onDelete('setNull'),
  reports: f.many('Employee', 'reportsTo'),
  birthDate: f.date(),
  hireDate: f.date(),
  address: f.string(),
  city: f.string(),
  state: f.string(),
  country: f.string(),
  postalCode: f.string(),
  phone: f.string(),
  fax: f.string(),
  email: f.string(),
  customers: f.many('Customer', 'supportRep'),
})

const Customer = entity({
  id: f.id({ key: 'customerId' }),
  customerId: f.int().once(),
  firstName: f.string(),
  lastName: f.string(),
  company: f.string().optional(),
  address: f.string(),
  city: f.string(),
  state: f.string().optional(),
  country: f.string(),
  postalCode: f.string().optional(),
  phone: f.string().optional(),
  fax: f.string().optional(),
  email: f.string(),
  supportRep: f.one('Employee').optional().onDelete('setNull'),
  invoices: f.many('Invoice', 'customer'),
})

const Invoice = entity(
  {
    id: f.id({ key: 'invoiceId' }),
    invoiceId: f.int().once(),
    customer: f.one('Customer'),
    date: f.date(),
    billingAddress: f.string(),
    billingCity: f.string(),
    billingState: f.string().optional(),
    billingCountry: f.string(),
    billingPostalCode: f.string().optional(),
    total: f.decimal({ scale: 2 }),
    lines: f.many('InvoiceLine', 'invoice'),
  },
  { index: [['date']] },
)

const InvoiceLine = entity({
  id: f.id({ key: 'invoiceLineId' }),
  invoiceLineId: f.int().once(),
  invoice: f.one('Invoice').onDelete('cascade'),
  track: f.one('Track'),
  unitPrice: f.decimal({ scale: 2 }),
  quantity: f.int(),
})

const entities = {
  Artist,
  Album,
  Genre,
  MediaType,
  Track,
  Playlist,
  Employee,
  Customer,
  Invoice,
  InvoiceLine,
}

/** `open`: no policies, everybody may read and write. The eleventh table, of playlists and tracks, is a relation. */
export default model({ open: true, entities }).define()
