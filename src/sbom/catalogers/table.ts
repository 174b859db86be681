import { apkCataloger } from './apk/apk-cataloger.ts'
import { bunCataloger } from './bun/bun-cataloger.ts'
import { cargoCataloger } from './cargo/cargo-cataloger.ts'
import type { Cataloger } from './cataloger.ts'
import { versionFileInspector } from './classifier/version-file-inspector.ts'
import { cocoapodsCataloger } from './cocoapods/cocoapods-cataloger.ts'
import { conanCataloger } from './conan/conan-cataloger.ts'
import { pubCataloger } from './dart/pub-cataloger.ts'
import { denoCataloger } from './deno/deno-cataloger.ts'
import { dockerfileCataloger } from './dockerfile/dockerfile-cataloger.ts'
import { dotnetAppCataloger, nugetCataloger } from './dotnet/dotnet-catalogers.ts'
import { dpkgCataloger } from './dpkg/dpkg-cataloger.ts'
import { mixCataloger } from './elixir/mix-cataloger.ts'
import { embeddedInspector } from './embedded-sbom/embedded-inspector.ts'
import { executableInspector } from './executable-inspector.ts'
import { githubActionsCataloger } from './github-actions/github-actions-cataloger.ts'
import { goModCataloger } from './golang/go-mod-cataloger.ts'
import { cabalCataloger, stackCataloger } from './haskell/haskell-catalogers.ts'
import { helmCataloger } from './helm/helm-cataloger.ts'
import { homebrewCataloger } from './homebrew/homebrew-cataloger.ts'
import type { Inspector } from './inspector.ts'
import { gradleCataloger } from './java/gradle-cataloger.ts'
import { javaInspector } from './java/java-inspector.ts'
import { licenceInspector } from './licence-files/licence-inspector.ts'
import { mavenCataloger } from './java/maven-cataloger.ts'
import { juliaCataloger } from './julia/julia-cataloger.ts'
import { modelInspector } from './ml-model/model-inspector.ts'
import { nixCataloger } from './nix/nix-cataloger.ts'
import { npmCataloger } from './npm/npm-cataloger.ts'
import { opkgCataloger } from './opkg/opkg-cataloger.ts'
import { pacmanCataloger } from './pacman/pacman-cataloger.ts'
import { composerCataloger, composerInstalledCataloger } from './php/composer-catalogers.ts'
import { pnpmCataloger } from './pnpm/pnpm-cataloger.ts'
import { pythonCataloger } from './python/python-cataloger.ts'
import { rInstalledCataloger, renvCataloger } from './r/r-catalogers.ts'
import { rpmCataloger } from './rpm/rpm-cataloger.ts'
import { bundlerCataloger, gemCataloger } from './ruby/ruby-catalogers.ts'
import { swiftCataloger } from './swift/swift-cataloger.ts'
import { terraformCataloger } from './terraform/terraform-cataloger.ts'
import { vcpkgCataloger, vcpkgInstalledCataloger } from './vcpkg/vcpkg-catalogers.ts'
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
  bundlerCataloger,
  gemCataloger,
  composerCataloger,
  composerInstalledCataloger,
  cocoapodsCataloger,
  conanCataloger,
  pubCataloger,
  mixCataloger,
  cabalCataloger,
  stackCataloger,
  juliaCataloger,
  rInstalledCataloger,
  renvCataloger,
  swiftCataloger,
  vcpkgCataloger,
  vcpkgInstalledCataloger,
  dockerfileCataloger,
  githubActionsCataloger,
  helmCataloger,
  homebrewCataloger,
  nixCataloger,
  terraformCataloger,
]

/** Every kind of file that is known by its content. Of several that may want a file the first gets it. */
export const INSPECTORS: readonly Inspector[] = [
  javaInspector,
  licenceInspector,
  versionFileInspector,
  modelInspector,
  embeddedInspector,
  executableInspector,
]
