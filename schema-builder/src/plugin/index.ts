import './global-types.ts'
import './field-builder.ts'
import './schema-builder.ts'
import SchemaBuilder from '@pothos/core'
import { ZG, ZgPlugin } from './plugin.ts'

/** The name to list under `plugins`. */
export default ZG

SchemaBuilder.registerPlugin(ZG, ZgPlugin)
