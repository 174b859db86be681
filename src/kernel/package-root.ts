import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The folder this program lies in, from its sources or compiled (src/…, dist/…): the nearest one above this file with a
 * package.json. data/ is found from it.
 */
export function packageRoot(from: string = import.meta.dirname): string {
  if (existsSync(join(from, 'package.json'))) return from
  const parent = dirname(from)
  return parent === from ? from : packageRoot(parent)
}
