import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { gradleCataloger } from './gradle-cataloger.ts'
import { mavenCataloger } from './maven-cataloger.ts'
import { lookUpIn, parsePom, resolveText } from './pom.ts'

const PARENT = `<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <groupId>org.x</groupId><artifactId>parent</artifactId><version>1.0</version><packaging>pom</packaging>
  <licenses><license><name>MIT</name></license><license><url>https://l.example</url></license></licenses>
  <modules><module>app</module></modules>
  <properties><log.version>2.17.1</log.version><chain>\${log.version}</chain></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.log</groupId><artifactId>log</artifactId><version>\${chain}</version></dependency>
    <dependency><groupId>org.test</groupId><artifactId>junit</artifactId><version>5</version><scope>test</scope></dependency>
  </dependencies></dependencyManagement>
</project>`
const APP = `<project>
  <parent><groupId>org.x</groupId><artifactId>parent</artifactId><version>1.0</version></parent>
  <artifactId>app</artifactId>
  <dependencies>
    <dependency><groupId>org.log</groupId><artifactId>log</artifactId></dependency>
    <dependency><groupId>org.test</groupId><artifactId>junit</artifactId></dependency>
    <dependency><groupId>\${project.groupId}</groupId><artifactId>util</artifactId><version>\${project.version}</version></dependency>
    <dependency><groupId>org.a</groupId><artifactId>ranged</artifactId><version>[1.0,2.0)</version></dependency>
    <dependency><groupId>org.a</groupId><artifactId>unknown</artifactId><version>\${nobody.knows}</version></dependency>
    <dependency><groupId>jakarta</groupId><artifactId>servlet</artifactId><version>6</version><scope>provided</scope></dependency>
    <dependency><groupId>\${nobody.knows}</groupId><artifactId>lost</artifactId></dependency>
  </dependencies>
</project>`
const FILES = {
  'pom.xml': PARENT,
  'app/pom.xml': APP,
  'util/pom.xml': APP.replace('>app<', '>util<').replace(/<dependencies>[^]*<\/dependencies>/, ''),
}

describe('the poms of a target', () => {
  it('tell what each project needs directly, with versions as far as they tell', () => {
    const found = catalogTexts(mavenCataloger, FILES, 'runtime-closure')
    expect(shownComponents(found)).toEqual([
      'optional maven/jakarta/servlet@6',
      'required maven/org.a/ranged',
      'required maven/org.a/unknown',
      'required maven/org.log/log@2.17.1',
      'required maven/org.x/app@1.0',
      'required maven/org.x/util@1.0',
      'required maven/org.x/util@1.0',
    ])
    expect(found.components.find(({ name }) => name === 'ranged')?.range).toBe('[1.0,2.0)')
    expect(shownEdges(found)).toContain('maven/org.x/app@1.0 > maven/org.x/util@1.0')
    expect(found.projects[0]).toMatchObject({ directory: '', name: 'parent', purl: 'pkg:maven/org.x/parent@1.0' })
  })

  it('have development in what lies there', () => {
    expect(shownComponents(catalogTexts(mavenCataloger, FILES))).toContain('dev maven/org.test/junit@5')
  })

  it('are complete only where nothing is needed: what needs need is in no pom', () => {
    expect(catalogTexts(mavenCataloger, FILES).read).toEqual(['pom.xml', 'util/pom.xml'])
  })

  it('mention their modules and parents', () => {
    expect(mavenCataloger.mentions?.('pom.xml', utf8(PARENT))).toEqual(['app/pom.xml'])
    expect(mavenCataloger.mentions?.('app/pom.xml', utf8(APP))).toEqual(['pom.xml'])
    expect(mavenCataloger.mentions?.('pom.xml', utf8('<broken'))).toEqual([])
  })

  it('that are broken are refused in a project, and passed over in an image', () => {
    expect(() => catalogTexts(mavenCataloger, { 'pom.xml': '<project' }, 'runtime-closure')).toThrow(/is not XML/)
    expect(catalogTexts(mavenCataloger, { 'a/pom.xml': '<project', 'b/pom.xml': '<other/>' })).toMatchObject({ components: [], read: [] })
  })

  it('whose expressions or parents lead in a ring come to an end', () => {
    const ring = `<project><groupId>g</groupId><artifactId>a</artifactId><version>\${a}</version>
      <parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version><relativePath>pom.xml</relativePath></parent>
      <properties><a>\${b}</a><b>\${a}</b><c>\${d}\${d}</c><d>\${e}\${e}</d><e>${'x'.repeat(400)}</e></properties></project>`
    const pom = parsePom(utf8(ring), 'pom.xml')
    const lookUp = lookUpIn(pom === undefined ? [] : [pom])
    expect([resolveText('${a}', lookUp), resolveText('${c}', lookUp), resolveText('${', lookUp), resolveText('x', lookUp)]).toEqual([
      undefined,
      undefined,
      undefined,
      'x',
    ])
    expect(catalogTexts(mavenCataloger, { 'pom.xml': ring }, 'runtime-closure').projects[0]?.purl).toBe('pkg:maven/g/a')
  })

  it('are read or refused when they are damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const outcome = await fuzzCataloger(mavenCataloger, FILES, { mode: 'installed' })
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBeGreaterThan(500)
  })
})

const LOCK = `# This is a Gradle generated file
com.google.guava:guava:31.1-jre=compileClasspath,runtimeClasspath
org.junit:junit:5.9=testCompileClasspath,testRuntimeClasspath
org.projectlombok:lombok:1.18=annotationProcessor
com.example:android:1.0=releaseRuntimeClasspath
empty=annotationProcessor
`

describe('the lockfile of Gradle', () => {
  it('lists what runs, and in what lies there what only builds and tests use', () => {
    const files = { 'gradle.lockfile': LOCK, 'buildscript-gradle.lockfile': 'org.plugin:plugin:1=classpath\n' }
    expect(shownComponents(catalogTexts(gradleCataloger, files, 'runtime-closure'))).toEqual([
      'required maven/com.example/android@1.0',
      'required maven/com.google.guava/guava@31.1-jre',
    ])
    expect(shownComponents(catalogTexts(gradleCataloger, files)).filter((one) => one.startsWith('dev'))).toEqual([
      'dev maven/org.junit/junit@5.9',
      'dev maven/org.plugin/plugin@1',
      'dev maven/org.projectlombok/lombok@1.18',
    ])
  })

  it('covers the build files beside it', () => {
    expect(catalogTexts(gradleCataloger, { 'app/gradle.lockfile': LOCK }).read).toEqual([
      'app/gradle.lockfile',
      'app/build.gradle',
      'app/build.gradle.kts',
    ])
  })

  it.each(['nonsense', 'a:b=c', 'a:b:c:d=e', 'a:b/../c:1=x', ':::='])('is refused with a line %j', (line) => {
    expect(() => catalogTexts(gradleCataloger, { 'gradle.lockfile': `${LOCK}${line}` }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code: 'artifact-malformed', where: 'gradle.lockfile:7' }),
    )
    expect(catalogTexts(gradleCataloger, { 'gradle.lockfile': line })).toMatchObject({ components: [], read: [] })
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    expect((await fuzzCataloger(gradleCataloger, { 'gradle.lockfile': LOCK })).strange).toEqual([])
  })
})
