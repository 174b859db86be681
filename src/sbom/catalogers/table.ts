import { apkCataloger } from './apk/apk-cataloger.ts'
import { bunCataloger } from './bun/bun-cataloger.ts'
import { cargoCataloger } from './cargo/cargo-cataloger.ts'
import type { Cataloger } from './cataloger.ts'
import { denoCataloger } from './deno/deno-cataloger.ts'
import { dotnetAppCataloger, nugetCataloger } from './dotnet/dotnet-catalogers.ts'
import { dpkgCataloger } from './dpkg/dpkg-cataloger.ts'
import { executableInspector } from './executable-inspector.ts'
import type { Inspector } from './inspector.ts'
import { goModCataloger } from './golang/go-mod-cataloger.ts'
import { gradleCataloger } from './java/gradle-cataloger.ts'
import { javaInspector } from './java/java-inspector.ts'
import { licenceInspector } from './licence-files/licence-inspector.ts'
import { mavenCataloger } from './java/maven-cataloger.ts'
import { npmCataloger } from './npm/npm-cataloger.ts'
import { opkgCataloger } from './opkg/opkg-cataloger.ts'
import { pacmanCataloger } from './pacman/pacman-cataloger.ts'
import { pnpmCataloger } from './pnpm/pnpm-cataloger.ts'
import { pythonCataloger } from './python/python-cataloger.ts'
import { rpmCataloger } from './rpm/rpm-cataloger.ts'
import { yarnCataloger } from './yarn/yarn-cataloger.ts'

/** Every cataloger there is. A new ecosystem is one folder beside these and one line here. */
export const CATALOGERS: readonly Cataloger[] = [
  dpkgCataloger,
  apkCataloger,
  rpmCataloger,
  opkgCataloger,
  pacmanCataloger,
  npmCataloger,
  pnpmCataloger,
  yarnCataloger,
  bunCataloger,
  denoCataloger,
  pythonCataloger,
  goModCataloger,
  cargoCataloger,
  mavenCataloger,
  gradleCataloger,
  nugetCataloger,
  dotnetAppCataloger,
]

/** Every kind of file that is known by its content. Of several that may want a file the first gets it. */
export const INSPECTORS: readonly Inspector[] = [javaInspector, licenceInspector, executableInspector]
