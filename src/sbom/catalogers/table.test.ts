import { describe, expect, it } from 'vitest'
import { startCollection } from '../collect.ts'
import { fileNameOf } from '../path.ts'
import { FUZZ_SEEDS } from '../test-fuzz-seeds.ts'
import { CATALOGERS, INSPECTORS } from './table.ts'

/** Files of every ecosystem, where they lie. */
const PATHS = [
  ...FUZZ_SEEDS.flatMap(({ path, beside }) => [path, ...Object.keys(beside ?? {})]),
  ...`
    usr/lib/sysimage/rpm/Packages.db var/lib/rpm/rpmdb.sqlite-wal var/lib/rpmmanifest/container-manifest-2 usr/lib/os-release
    usr/lib/opkg/status usr/lib/opkg/info/x.list var/lib/pacman/local/a-1-1/desc var/lib/pacman/local/a-1-1/files
    var/lib/dpkg/status.d/tzdata var/lib/dpkg/info/x.list a/pom.xml a/gradle.lockfile a/buildscript-gradle.lockfile
    a/packages.lock.json a/packages.config a/obj/project.assets.json a/A.csproj a/A.deps.json a/Gemfile.lock a/gems.locked
    a/x.gemspec b/specifications/default/x-1.gemspec b/gems/x-1/x.gemspec b/gems/x-1/Gemfile b/gems/x-1/Gemfile.lock
    a/composer.lock a/composer.json vendor/composer/installed.json a/mix.lock a/pubspec.lock a/Package.resolved a/Podfile.lock
    a/conan.lock vcpkg_installed/vcpkg/status a/vcpkg.json a/renv.lock usr/lib/R/library/cli/DESCRIPTION a/Manifest.toml
    a/JuliaManifest.toml a/Project.toml a/cabal.project.freeze a/a.cabal a/stack.yaml.lock a/Dockerfile.x
    .github/workflows/ci.yml a/action.yaml a/Chart.yaml a/Chart.lock opt/Cellar/x/1/INSTALL_RECEIPT.json .terraform.lock.hcl
  `
    .trim()
    .split(/\s+/),
]

describe('the table of catalogers', () => {
  it('has each cataloger once, under a name of its own', () => {
    const names = [...CATALOGERS, ...INSPECTORS].map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it.each(CATALOGERS.filter(({ only }) => only !== undefined))('$name wants only what it promises to', ({ only, wants }) => {
    const wanted = PATHS.filter((path) => wants(path, 'installed') || wants(path, 'runtime-closure'))
    expect(wanted).not.toEqual([])
    const broken = wanted.filter((path) => {
      const name = fileNameOf(path)
      return only?.names?.includes(name) !== true && only?.endings?.includes(name.slice(name.lastIndexOf('.') + 1)) !== true
    })
    expect(broken).toEqual([])
  })

  it('is asked by name, and answers as if every cataloger were asked', () => {
    const collection = startCollection(CATALOGERS, 'installed')
    for (const path of [...PATHS, 'usr/bin/ls', 'README.md', 'x.json', '.list', 'a.', '']) {
      expect([path, collection.wants(path)]).toEqual([path, CATALOGERS.find(({ wants }) => wants(path, 'installed'))?.limitOf(path)])
    }
  })
})
