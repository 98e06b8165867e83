import type { Database, Session } from '@zg/store/session'

/** A database that notes the statements of snapshots; those that begin and end one are the driver's. */
export function counted(real: Database, note: (text: string) => void): Database {
  const noting = (session: Session): Session => ({
    query: (text, values) => {
      note(text)
      return session.query(text, values)
    },
  })
  return {
    ...real,
    transaction: (mode, work) =>
      real.transaction(mode, session => work(mode === 'snapshot' ? noting(session) : session)),
    share: (work, options) => real.share(session => work(noting(session)), options),
  }
}
