import { entity, f, model } from '@zg/schema-builder'

const Message = entity({ id: f.id(), text: f.string(), room: f.string(), stars: f.int() })

/** What `fanout` sends. */
export const { ir } = model({ open: true, entities: { Message } }).define()
