import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { assembleSbom } from '../../assemble.ts'
import { zipBytes } from '../../archive/zip-fixture.ts'
import type { ZipFixture } from '../../archive/zip-fixture.ts'
import { toCycloneDx } from '../../formats/cyclonedx/write.ts'
import { SAMPLE } from '../../formats/test-sbom.ts'
import { fuzz } from '../../fuzz-fixture.ts'
import { guessCoordinates, splitArchiveName } from './archive-name.ts'
import { javaInspector } from './java-inspector.ts'
import { parseManifest } from './properties.ts'

function properties(group: string, artifact: string, version: string): ZipFixture {
  return {
    path: `META-INF/maven/${group}/${artifact}/pom.properties`,
    content: `#made\nversion=${version}\r\ngroupId=${group}\nartifactId=${artifact}\n`,
  }
}

function pom(group: string, artifact: string, version: string, rest: string): ZipFixture {
  return {
    path: `META-INF/maven/${group}/${artifact}/pom.xml`,
    content: `<project><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${rest}</project>`,
  }
}

function manifest(text: string): ZipFixture {
  return { path: 'META-INF/MANIFEST.MF', content: `Manifest-Version: 1.0\n${text}\n` }
}

function jar(...files: readonly ZipFixture[]): Uint8Array {
  return zipBytes(files)
}

async function inspect(bytes: Uint8Array, path = 'opt/app.jar') {
  const content = (async function* () {
    for (let at = 0; at < bytes.byteLength; at += 1000) yield bytes.subarray(at, at + 1000)
  })()
  const found = await javaInspector.inspect({ path, layer: 'sha256:00', size: bytes.byteLength, content })
  return { missed: found?.missed, components: found?.catalog?.components ?? [], catalog: found?.catalog }
}

async function purls(bytes: Uint8Array, path?: string): Promise<string[]> {
  return (await inspect(bytes, path)).components.map(({ purl }) => purl)
}

const DEPENDENCIES = `<licenses><license><name>MIT</name></license></licenses>
<dependencies>
  <dependency><groupId>\${project.groupId}</groupId><artifactId>core</artifactId><version>9</version></dependency>
  <dependency><groupId>org.x</groupId><artifactId>tests</artifactId><scope>test</scope></dependency>
  <dependency><groupId>org.x</groupId><artifactId>maybe</artifactId><optional>true</optional></dependency>
  <dependency><groupId>org.x</groupId><artifactId>absent</artifactId></dependency>
</dependencies>`
const CORE = jar(properties('org.x', 'core', '1.1'))
const WEB = jar(properties('org.x', 'web', '2.0'), pom('org.x', 'web', '2.0', DEPENDENCIES))

describe('a Java archive', () => {
  it('is what Maven’s own file says, with the digests repositories know it by', async () => {
    const { components, missed } = await inspect(WEB, 'opt/renamed.jar')
    expect(missed).toBe(false)
    expect(components).toEqual([
      {
        purl: 'pkg:maven/org.x/web@2.0',
        name: 'web',
        version: '2.0',
        type: 'library',
        hashes: { sha1: createHash('sha1').update(WEB).digest('hex'), sha256: createHash('sha256').update(WEB).digest('hex') },
        licence: 'MIT',
        evidence: [{ cataloger: 'java', file: 'opt/renamed.jar', method: 'binary', confidence: 1 }],
        scope: 'required',
        layer: 'sha256:00',
      },
    ])
  })

  it('holds others, packed or stored, of which it needs each; their poms say which need which', async () => {
    const war = jar(
      manifest('Implementation-Title: app'),
      properties('org.x', 'app', '3.0'),
      { path: 'WEB-INF/lib/core-1.1.jar', content: CORE, stored: true },
      { path: 'WEB-INF/lib/web-2.0.jar', content: WEB },
    )
    const { catalog, components } = await inspect(war, 'opt/app.war')
    expect(components.map(({ type, evidence, purl }) => `${type} ${purl} ${evidence[0]?.file}`)).toEqual([
      'application pkg:maven/org.x/app@3.0 opt/app.war',
      'library pkg:maven/org.x/core@1.1 opt/app.war!/WEB-INF/lib/core-1.1.jar',
      'library pkg:maven/org.x/web@2.0 opt/app.war!/WEB-INF/lib/web-2.0.jar',
    ])
    const sbom = assembleSbom(catalog === undefined ? [] : [catalog], {
      subject: {},
      fallbackName: 'image',
      created: '2026-01-01T00:00:00Z',
      completeness: 'unknown',
    })
    expect(sbom.edges.map(({ from, to }) => `${from} > ${to}`.replaceAll('pkg:maven/org.x/', ''))).toEqual([
      'pkg:generic/image > app@3.0',
      'app@3.0 > core@1.1',
      'app@3.0 > web@2.0',
      'web@2.0 > core@1.1',
    ])
  })

  it('needs, of several versions, the one in its own archive', async () => {
    const first = await inspect(jar({ path: 'core-1.1.jar', content: CORE }, { path: 'web-2.0.jar', content: WEB }), 'opt/one.war')
    const second = await inspect(jar(properties('org.x', 'core', '1.2')), 'srv/core-1.2.jar')
    const catalogs = [first.catalog, second.catalog].filter((one) => one !== undefined)
    const sbom = assembleSbom(catalogs, { subject: {}, fallbackName: 'x', created: '2026-01-01T00:00:00Z', completeness: 'unknown' })
    expect(sbom.edges.filter(({ from }) => from === 'pkg:maven/org.x/web@2.0').map(({ to }) => to)).toEqual(['pkg:maven/org.x/core@1.1'])
  })

  it('may hold an SBOM of its build, which is a claim', async () => {
    const sbom = toCycloneDx(SAMPLE)
    const { catalog } = await inspect(
      jar(
        properties('org.x', 'app', '1'),
        { path: 'META-INF/sbom/application.cdx.json', content: sbom },
        { path: 'META-INF/sbom/x.json', content: '{' },
      ),
      'opt/app.jar',
    )
    expect(catalog?.claims).toMatchObject([
      { file: 'opt/app.jar!/META-INF/sbom/application.cdx.json', packages: SAMPLE.components.map(({ purl }) => purl) },
    ])
    expect(catalog?.components).toHaveLength(1)
  })

  it('makes up no edge to one of several versions', async () => {
    const other = jar(properties('org.x', 'core', '1.2'))
    const bytes = jar({ path: 'a.jar', content: CORE }, { path: 'b.jar', content: other }, { path: 'web-2.0.jar', content: WEB })
    const { catalog } = await inspect(bytes)
    const sbom = assembleSbom(catalog === undefined ? [] : [catalog], {
      subject: {},
      fallbackName: 'x',
      created: '2026-01-01T00:00:00Z',
      completeness: 'unknown',
    })
    expect(sbom.edges.filter(({ from }) => from.includes('/web@'))).toEqual([])
  })

  it('into which others were merged is told from them by its name', async () => {
    const shaded = jar(
      properties('org.x', 'core', '1.1'),
      properties('org.x', 'core-all', '5.0'),
      properties('org.y', 'z', '1'),
      pom('org.z', 'only-pom', '7', ''),
    )
    const { components, catalog } = await inspect(shaded, 'lib/core-all-5.0.jar')
    expect(components.map(({ purl, hashes }) => `${purl}${Object.keys(hashes).length > 0 ? ' hashed' : ''}`)).toEqual([
      'pkg:maven/org.x/core-all@5.0 hashed',
      'pkg:maven/org.x/core@1.1',
      'pkg:maven/org.y/z@1',
      'pkg:maven/org.z/only-pom@7',
    ])
    expect(catalog?.edges).toHaveLength(3)
  })

  it.each([
    [
      'lib/commons-x-2.11.0.jar',
      'Implementation-Vendor-Id: org.apache\nImplementation-Version: 9',
      'pkg:maven/org.apache/commons-x@2.11.0',
    ],
    [
      'lib/commons-x.jar',
      'Bundle-SymbolicName: org.apache.commons-x;singleton:=true\nBundle-Version: 2.1',
      'pkg:maven/org.apache/commons-x@2.1',
    ],
    ['lib/guava-31.1-jre.jar', 'Automatic-Module-Name: com.google.common', 'pkg:maven/com.google.common/guava@31.1-jre'],
    [
      'plugins/git.hpi',
      'Group-Id: org.jenkins-ci.plugins\nShort-Name: git\nPlugin-Version: 5.2.1',
      'pkg:maven/org.jenkins-ci.plugins/git@5.2.1',
    ],
    ['lib/unknown.jar', 'Created-By: someone', 'pkg:generic/unknown'],
    ['lib/bad value-1.jar', 'Implementation-Vendor-Id: not a group', 'pkg:generic/bad%20value@1'],
  ])('%s with %j is guessed to be %s', async (path, text, purl) => {
    const { components } = await inspect(jar(manifest(text)), path)
    expect(components.map((one) => `${one.purl} ${one.evidence[0]?.confidence}`)).toEqual([`${purl} 0.5`])
  })

  it.each([
    ['log4j-1.2-api-2.17.1.jar', 'log4j-1.2-api', '2.17.1'],
    ['jakarta.servlet-api-4.0.4.jar', 'jakarta.servlet-api', '4.0.4'],
    ['spring-core-5.3.0.RELEASE.jar', 'spring-core', '5.3.0.RELEASE'],
    ['a-1.0-20260101.120000-3.jar', 'a', '1.0-20260101.120000-3'],
    ['a-1.0-SNAPSHOT.jar', 'a', '1.0-SNAPSHOT'],
    ['rt.jar', 'rt', ''],
    ['1-2.jar', '1', '2'],
    ['-.jar', '-', ''],
  ])('%s is named %s in version %j', (file, artifact, version) => {
    expect(splitArchiveName(file)).toEqual({ artifact, version })
  })

  it('has a manifest whose lines go on and whose main section ends', () => {
    const text = 'Manifest-Version: 1.0\r\nBundle-Symbolic\r\n Name: x\nLong-Name: ab\n cd\n\nName: other\nGroup-Id: no.no\n'
    expect(Object.fromEntries(parseManifest(utf8(text)))).toEqual({ 'manifest-version': '1.0', 'long-name': 'abcd' })
    expect(guessCoordinates('', new Map())).toEqual({ group: '', artifact: '', version: '' })
  })
})

describe('a hostile Java archive', () => {
  it.each([
    ['is no archive', utf8('PK not really')],
    ['is empty', new Uint8Array(0)],
    ['holds one that is none', jar({ path: 'lib/x.jar', content: 'no' })],
    ['holds one that is encrypted', jar({ path: 'lib/x.jar', content: CORE, flags: 1 })],
    ['holds a manifest that unpacks to more than it says', jar({ path: 'META-INF/MANIFEST.MF', content: 'x'.repeat(9999), size: 5 })],
    ['holds a manifest over the cap', jar({ path: 'META-INF/MANIFEST.MF', content: new Uint8Array(LIMITS.archiveTextBytes + 1) })],
  ])('that %s makes the SBOM incomplete', async (_, bytes) => {
    expect((await inspect(bytes)).missed).toBe(true)
  })

  it('that nests for ever is looked into only so deep', async () => {
    let bytes = CORE
    for (let depth = 0; depth < 30; depth += 1) bytes = jar({ path: 'x.jar', content: bytes, stored: true })
    const { missed, components } = await inspect(bytes)
    expect(missed).toBe(true)
    expect(components.map(({ evidence }) => evidence[0]?.file.split('!/').length)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('that unpacks to more than all may is given up in the middle', async () => {
    const large = jar({ path: 'META-INF/x', content: new Uint8Array(0) }, { path: 'big.jar', content: new Uint8Array(200 * 1024 * 1024) })
    const { missed } = await inspect(jar(...Array.from({ length: 8 }, (_, at) => ({ path: `${at}.jar`, content: large }))))
    expect(missed).toBe(true)
  })

  it('of more than archiveBytes is not read', async () => {
    const content = (async function* () {
      yield new Uint8Array(1)
      throw new Error('was read')
    })()
    expect(await javaInspector.inspect({ path: 'x.jar', size: LIMITS.archiveBytes + 1, content })).toEqual({ missed: true })
  })

  it('whose poms name other things than coordinates gives no such packages', async () => {
    const bytes = jar(
      { path: 'META-INF/maven/a/b/pom.properties', content: 'groupId=${x}\nartifactId=../../x\nversion=1\n' },
      { path: 'META-INF/maven/a/c/pom.properties', content: 'groupId=a\nartifactId=b\n' },
      { path: 'META-INF/maven/a/d/pom.xml', content: '<project' },
      { path: 'META-INF/maven/a/e/pom.xml', content: '<!DOCTYPE x [<!ENTITY e "eeee">]><project><artifactId>&e;</artifactId></project>' },
    )
    expect(await purls(bytes, 'lib/real-1.0.jar')).toEqual(['pkg:generic/real@1.0'])
  })

  it('is read or passed over when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const bytes = jar(manifest('Bundle-Version: 1'), properties('org.x', 'app', '3.0'), {
      path: 'lib/web-2.0.jar',
      content: WEB,
      stored: true,
    })
    const outcome = await fuzz([bytes], (mutated) => inspect(mutated))
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBe(10_000)
  })
})
