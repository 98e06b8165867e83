import { ProblemError, problem } from '@zg/core/problem'

/** What the commands take from the environment. */
export interface Environment {
  /** `DATABASE_URL`: Postgres instead of the embedded one. */
  readonly databaseUrl: string | undefined
  /** `PORT`, 4000 by default; 0 takes a free one. */
  readonly port: number
  /** `HOST`, this machine only by default. */
  readonly host: string
  /** `ZG_ORIGINS`: origins of web pages that may call, separated by commas. */
  readonly origins: readonly string[]
}

/** Throws a ProblemError naming the variable that makes no sense. */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const port = variables.PORT || '4000'
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new ProblemError([
      problem('BAD_PORT', ['PORT'], `"${port}" is no port. Use a number from 1 to 65535, e.g. PORT=4001.`),
    ])
  }
  return {
    databaseUrl: variables.DATABASE_URL || undefined,
    port: Number(port),
    host: variables.HOST || '127.0.0.1',
    origins: (variables.ZG_ORIGINS ?? '')
      .split(',')
      .flatMap(origin => origin.trim().replace(/\/$/, '') || []),
  }
}

/** Only programs of this machine can reach that address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
