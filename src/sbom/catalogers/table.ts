import { apkCataloger } from './apk/apk-cataloger.ts'
import { dpkgCataloger } from './dpkg/dpkg-cataloger.ts'
import { executableInspector } from './executable-inspector.ts'
import { npmCataloger } from './npm/npm-cataloger.ts'
import { pnpmCataloger } from './pnpm/pnpm-cataloger.ts'
import { rpmCataloger } from './rpm/rpm-cataloger.ts'
import { yarnCataloger } from './yarn/yarn-cataloger.ts'
import type { Cataloger } from './cataloger.ts'

/** Every cataloger there is. A new ecosystem is one folder beside these and one line here. */
export const CATALOGERS: readonly Cataloger[] = [dpkgCataloger, apkCataloger, rpmCataloger, npmCataloger, pnpmCataloger, yarnCataloger]
