import { apkCataloger } from './apk/apk-cataloger.ts'
import { bunCataloger } from './bun/bun-cataloger.ts'
import type { Cataloger } from './cataloger.ts'
import { denoCataloger } from './deno/deno-cataloger.ts'
import { dpkgCataloger } from './dpkg/dpkg-cataloger.ts'
import { npmCataloger } from './npm/npm-cataloger.ts'
import { pnpmCataloger } from './pnpm/pnpm-cataloger.ts'
import { pythonCataloger } from './python/python-cataloger.ts'
import { yarnCataloger } from './yarn/yarn-cataloger.ts'

/** Every cataloger there is. A new ecosystem is one folder beside these and one line here. */
export const CATALOGERS: readonly Cataloger[] = [
  dpkgCataloger,
  apkCataloger,
  npmCataloger,
  pnpmCataloger,
  yarnCataloger,
  bunCataloger,
  denoCataloger,
  pythonCataloger,
]
