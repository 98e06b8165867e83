import { catalog } from '@zg/core/ir/catalog'
import { filmModel } from '@zg/core/ir/film.fixture'
import { noteModel } from '@zg/core/ir/notes.fixture'

/** Films, and notes with texts: what is written while faults happen. */
export const written = catalog({
  ...filmModel,
  entities: [...filmModel.entities, ...noteModel.entities.map(note => ({ ...note, number: 100 }))],
})
