import module, { createRequire } from 'node:module'
import { join } from 'node:path'

/**
 * Keeps what Node makes of our modules, 1,300 of them, for the next start. Beside the packages: as private as their code, which it
 * replaces; the machine's folder for temporary files is everybody's. Nothing is kept where that cannot be written, nor by a Node before 22.8;
 * `NODE_COMPILE_CACHE` names another place, `NODE_DISABLE_COMPILE_CACHE=1` none.
 */
export function keepCompiled(): void {
  const [, modules] =
    /^(.*[\\/]node_modules)[\\/]/.exec(createRequire(import.meta.url).resolve('commander')) ?? []
  if (modules) module.enableCompileCache?.(join(modules, '.cache', 'zg', 'compiled'))
}
