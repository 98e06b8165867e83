import type { Change } from './change.ts'

const HEAD = {
  v: 1,
  id: '01J81G81860W40J2GB1G6GW3RG',
  tenant: 'main',
  schema: 'a0',
  entity: 1,
  key: 'film_1',
  base: null,
  by: 'anonymous',
  mutation: { client: 'c', n: 1, index: 0 },
} as const

export interface Golden {
  readonly what: string
  readonly change: Change
  /** The canonical JSON. */
  readonly bytes: string
  /** SHA-256 of its UTF-8, hex. */
  readonly hash: string
}

/** A change of each kind of op. Bytes and hashes were made outside this project (Python's json and hashlib). */
export const GOLDEN: readonly Golden[] = [
  {
    what: 'create',
    change: { ...HEAD, ops: [{ field: 0, kind: 'create' }] },
    bytes:
      '{"base":null,"by":"anonymous","entity":1,"id":"01J81G81860W40J2GB1G6GW3RG","key":"film_1","mutation":{"client":"c","index":0,"n":1},"ops":[{"field":0,"kind":"create"}],"schema":"a0","tenant":"main","v":1}',
    hash: '52cd8499e4886ba45f7285b42b41979f46af5af4d71215eafa20d7151d368f07',
  },
  {
    what: 'delete',
    change: { ...HEAD, base: { log: 'l1', seq: 41 }, ops: [{ field: 0, kind: 'delete' }] },
    bytes:
      '{"base":{"log":"l1","seq":41},"by":"anonymous","entity":1,"id":"01J81G81860W40J2GB1G6GW3RG","key":"film_1","mutation":{"client":"c","index":0,"n":1},"ops":[{"field":0,"kind":"delete"}],"schema":"a0","tenant":"main","v":1}',
    hash: '32ec9b905622d25d7663d796aae2823ebe19411e4be4a77514674e07144c391e',
  },
  {
    what: 'edge',
    change: {
      ...HEAD,
      entity: 7,
      key: 'film_1|tag_a-B',
      ops: [
        {
          field: 0,
          kind: 'edge',
          add: true,
          remove: ['01J81G81860W40J2GB1G6GW3R1', '01J81G81860W40J2GB1G6GW3R2'],
        },
      ],
    },
    bytes:
      '{"base":null,"by":"anonymous","entity":7,"id":"01J81G81860W40J2GB1G6GW3RG","key":"film_1|tag_a-B","mutation":{"client":"c","index":0,"n":1},"ops":[{"add":true,"field":0,"kind":"edge","remove":["01J81G81860W40J2GB1G6GW3R1","01J81G81860W40J2GB1G6GW3R2"]}],"schema":"a0","tenant":"main","v":1}',
    hash: '5f56df07f729774a7a2c4c98b65e4b0e6c9a34266588f0bb27c99f28baae7a6f',
  },
  {
    what: 'register',
    change: {
      ...HEAD,
      ops: [
        {
          field: 1,
          kind: 'register',
          value: { b: [1, -2.5, true, null], a: 'Am\u00e9lie \u2028 "\\\n\u0001', '\u00e9': '\ud83d\ude00' },
        },
      ],
    },
    bytes:
      '{"base":null,"by":"anonymous","entity":1,"id":"01J81G81860W40J2GB1G6GW3RG","key":"film_1","mutation":{"client":"c","index":0,"n":1},"ops":[{"field":1,"kind":"register","value":{"a":"Am\u00e9lie \u2028 \\"\\\\\\n\\u0001","b":[1,-2.5,true,null],"\u00e9":"\ud83d\ude00"}}],"schema":"a0","tenant":"main","v":1}',
    hash: '8a5b54d558605ddc50fb8b7c47b3b37a8c854d584359dcaa6897ecaccbc05588',
  },
  {
    what: 'counter',
    change: { ...HEAD, ops: [{ field: 3, kind: 'counter', by: '-9223372036854775808' }] },
    bytes:
      '{"base":null,"by":"anonymous","entity":1,"id":"01J81G81860W40J2GB1G6GW3RG","key":"film_1","mutation":{"client":"c","index":0,"n":1},"ops":[{"by":"-9223372036854775808","field":3,"kind":"counter"}],"schema":"a0","tenant":"main","v":1}',
    hash: '8bb905e0d23842ea57669e39919cb2ed703e4ab9252388c8c54dd11da5753a1a',
  },
  {
    what: 'set',
    change: {
      ...HEAD,
      ops: [
        {
          field: 4,
          kind: 'set',
          add: ['a', 7],
          remove: [{ element: 'b', tags: ['01J81G81860W40J2GB1G6GW3R1'] }],
        },
      ],
    },
    bytes:
      '{"base":null,"by":"anonymous","entity":1,"id":"01J81G81860W40J2GB1G6GW3RG","key":"film_1","mutation":{"client":"c","index":0,"n":1},"ops":[{"add":["a",7],"field":4,"kind":"set","remove":[{"element":"b","tags":["01J81G81860W40J2GB1G6GW3R1"]}]}],"schema":"a0","tenant":"main","v":1}',
    hash: '3d2fdf686d67e1d2d83a1c3d79ae44edb71d81fbe48aa5d23fb54e5156e49860',
  },
  {
    what: 'json',
    change: {
      ...HEAD,
      ops: [
        {
          field: 6,
          kind: 'json',
          set: [{ path: '/a/b~1', value: { z: [null], y: 1 } }],
          remove: ['/c', '/d'],
        },
      ],
    },
    bytes:
      '{"base":null,"by":"anonymous","entity":1,"id":"01J81G81860W40J2GB1G6GW3RG","key":"film_1","mutation":{"client":"c","index":0,"n":1},"ops":[{"field":6,"kind":"json","remove":["/c","/d"],"set":[{"path":"/a/b~1","value":{"y":1,"z":[null]}}]}],"schema":"a0","tenant":"main","v":1}',
    hash: 'c4a3bbe8678e71ef727e29e05d2cb8b1027afa9dc9f67505da257fac64a5ffbc',
  },
  {
    what: 'text',
    change: { ...HEAD, ops: [{ field: 5, kind: 'text', update: 'AQEHAAQBBHRleHQCaGkA' }] },
    bytes:
      '{"base":null,"by":"anonymous","entity":1,"id":"01J81G81860W40J2GB1G6GW3RG","key":"film_1","mutation":{"client":"c","index":0,"n":1},"ops":[{"field":5,"kind":"text","update":"AQEHAAQBBHRleHQCaGkA"}],"schema":"a0","tenant":"main","v":1}',
    hash: 'b08cd57d9e36b1d17402dd0fd1285d1c92d1f5f5915ee83af9cc15b03eb5e562',
  },
  {
    what: 'all of a row at once',
    change: {
      ...HEAD,
      tenant: 'org_1',
      by: 'did:key:z6Mk',
      mutation: { client: 'tab-1', n: 9007199254740991, index: 12 },
      ops: [
        { field: 0, kind: 'create' },
        { field: 1, kind: 'register', value: 'x' },
        { field: 2, kind: 'register', value: null },
        { field: 3, kind: 'counter', by: '0' },
        { field: 4, kind: 'set', add: [], remove: [] },
      ],
    },
    bytes:
      '{"base":null,"by":"did:key:z6Mk","entity":1,"id":"01J81G81860W40J2GB1G6GW3RG","key":"film_1","mutation":{"client":"tab-1","index":12,"n":9007199254740991},"ops":[{"field":0,"kind":"create"},{"field":1,"kind":"register","value":"x"},{"field":2,"kind":"register","value":null},{"by":"0","field":3,"kind":"counter"},{"add":[],"field":4,"kind":"set","remove":[]}],"schema":"a0","tenant":"org_1","v":1}',
    hash: '44aba6165e21e47af5edc3cf0f50b6568051a1bea86921d14df3f237ac396eab',
  },
]
