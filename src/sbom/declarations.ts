import { fileNameOf } from './path.ts'

/** Files by which a target declares what it depends on, whether or not a cataloger reads them yet. */
const NAMES = new Set(
  `
    package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb deno.lock package.json poetry.lock
    uv.lock pdm.lock Pipfile.lock Pipfile pylock.toml pyproject.toml setup.py setup.cfg go.mod go.sum Cargo.lock Cargo.toml
    pom.xml gradle.lockfile build.gradle build.gradle.kts packages.lock.json packages.config project.assets.json
    Gemfile.lock Gemfile composer.lock composer.json mix.lock mix.exs pubspec.lock pubspec.yaml Package.resolved
    Package.swift Podfile.lock conan.lock conanfile.txt conanfile.py vcpkg.json renv.lock stack.yaml.lock
    cabal.project.freeze flake.lock .terraform.lock.hcl
  `
    .trim()
    .split(/\s+/),
)
const ENDINGS = ['.csproj', '.fsproj', '.vbproj', '.gemspec', '.cabal', '.jar', '.war', '.ear']
const PATHS = new Set([
  'var/lib/dpkg/status',
  'lib/apk/db/installed',
  'usr/lib/apk/db/installed',
  ...['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm'].flatMap((folder) =>
    ['rpmdb.sqlite', 'Packages.db', 'Packages'].map((name) => `${folder}/${name}`),
  ),
  'var/lib/rpmmanifest/container-manifest-2',
  'usr/lib/opkg/status',
  'var/lib/opkg/status',
  'opt/lib/opkg/status',
])

/**
 * Whether a file declares or lists packages. What lies under node_modules speaks for the tree there, which is read as a
 * whole, and caches of go and cargo hold sources of other packages; everywhere else such a file must have been read for an SBOM to be called complete.
 */
export function declaresPackages(path: string): boolean {
  if (/(?:^|\/)(?:node_modules|pkg\/mod|\.?cargo\/(?:registry|git))\//.test(path)) return false
  const name = fileNameOf(path)
  return (
    NAMES.has(name) ||
    PATHS.has(path) ||
    (path.startsWith('var/lib/pacman/local/') && name === 'desc') ||
    ENDINGS.some((ending) => name.endsWith(ending)) ||
    /^requirements[^/]*\.(?:txt|in)$|requirements\.(?:txt|in)$/.test(name) ||
    /\.(?:dist-info\/METADATA|egg-info\/PKG-INFO)$/.test(path)
  )
}
