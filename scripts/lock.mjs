/**
 * @typedef {{ version?: string, optional?: boolean }} Installed
 * @typedef {{ packages: Record<string, Installed> }} Lock
 */

/**
 * The first package in which a lock and npm's record of what it installed differ, or undefined.
 * @param {Lock} lock package-lock.json
 * @param {Lock} installed node_modules/.package-lock.json, which npm writes last
 * @returns {string | undefined}
 */
export function difference(lock, installed) {
  for (const [path, { version, optional }] of Object.entries(lock.packages)) {
    // The other entries are the workspaces themselves, which are not installed.
    if (!path.includes('node_modules/')) continue
    const found = installed.packages[path]
    // Packages for other platforms are optional and absent.
    if (found ? found.version !== version : !optional) return path
  }
  return Object.keys(installed.packages).find(path => !(path in lock.packages))
}
