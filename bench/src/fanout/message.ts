/** What is published: the same row on every side. */
export interface Message {
  readonly id: string
  readonly text: string
  readonly room: string
  readonly stars: number
}

/** What every subscriber asks, on both GraphQL sides. */
export const SUBSCRIPTION =
  'subscription { messageChanges { events { kind id message { id text room stars } } } }'
