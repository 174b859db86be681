import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLocalKey } from '../../src/trust/local-key.ts'
import type { ClauseName } from '../../src/policy/clause-names.ts'
import { parsePolicy } from '../../src/policy/document.ts'
import { readFileBounded } from '../../src/kernel/read-file.ts'
import type { PredicateName } from '../../src/evidence/evidence.ts'
import type { Signer } from '../../src/trust/signer.ts'
import { testDeps } from '../support/deps.ts'
import { mirrorWith } from '../support/mirror.ts'
import type { Wrong } from '../support/mirror.ts'
import { watchTally } from '../support/run-tally.ts'
import type { Said } from '../support/run-tally.ts'
import { REPOSITORY, lockfile, makeSample } from '../support/sample-project.ts'
import type { SampleProject, YamlParts } from '../support/sample-project.ts'
import { shipInside } from '../support/ship-inside.ts'
import type { Shipped } from '../support/ship-inside.ts'
import { newSigner } from '../support/signed-evidence.ts'
import { transcript } from '../support/transcript.ts'

// Under this repository's own prod policy: for each clause a run in which only that one is wrong. The verdict is deny, exactly that
// clause is named, nothing is promoted. docs/verdicts.md shows what the terminal said; `npm test -- test/e2e/verdicts.test.ts -u` writes it.

type Case = { readonly clause: ClauseName; readonly title: string; readonly story: string }
/** Shipped to dev in good order; then one piece of evidence there is replaced, and somebody asks for prod. */
type ReplacedCase = Case & { readonly kind: PredicateName; readonly wrong: (self: Signer) => Wrong }
/** Something about the project itself is not as it should be when it is shipped. */
type ShippedCase = Case & {
  readonly yaml?: Partial<YamlParts>
  readonly files?: Readonly<Record<string, string>>
  readonly change?: (project: SampleProject) => Promise<unknown>
}

const stranger = newSigner()
type Provenance = {
  readonly buildDefinition: Readonly<Record<string, unknown>> & { readonly externalParameters: Readonly<Record<string, unknown>> }
  readonly runDetails: Readonly<Record<string, unknown>>
}
type Bom = { readonly metadata: { readonly component: object } }

const REPLACED: readonly ReplacedCase[] = [
  {
    clause: 'signature',
    title: 'signed by somebody nobody trusts',
    story: 'Whoever can write to the dev registry took the signature away and put their own there.',
    kind: 'signature',
    wrong: () => ({ how: 'signed anew', by: stranger }),
  },
  {
    clause: 'provenance',
    title: 'provenance changed after it was signed',
    story: 'One character of the signed provenance was changed in the dev registry, so its signature no longer holds.',
    kind: 'provenance',
    wrong: () => ({
      how: 'changed',
      change: (bundle) =>
        bundle.replace(/"payload":"(.{200})(.)/, (_, start: string, at: string) => `"payload":"${start}${at === 'A' ? 'B' : 'A'}`),
    }),
  },
  {
    clause: 'provenance.builder',
    title: 'built by another builder',
    story: 'The provenance is signed by this machine, and says that some other builder built it.',
    kind: 'provenance',
    wrong: (self) => ({
      how: 'signed anew',
      by: self,
      says: (honest) => {
        const { runDetails, ...rest } = honest as Provenance
        return { ...rest, runDetails: { ...runDetails, builder: { id: 'https://builder.example/somebody' } } }
      },
    }),
  },
  {
    clause: 'provenance.build-type',
    title: 'built in another way',
    story: 'The provenance names a build type the policy does not know, so nobody can say what its parameters mean.',
    kind: 'provenance',
    wrong: (self) => ({
      how: 'signed anew',
      by: self,
      says: (honest) => {
        const { buildDefinition, ...rest } = honest as Provenance
        // Without its parameters, which are none of that build type's: those would be a second thing that is wrong.
        return { ...rest, buildDefinition: { ...buildDefinition, buildType: 'https://builder.example/by-hand', externalParameters: {} } }
      },
    }),
  },
  {
    clause: 'provenance.parameters',
    title: 'a parameter the policy did not expect',
    story: 'The build was given something beside what its build type takes: who set it could change what was built.',
    kind: 'provenance',
    wrong: (self) => ({
      how: 'signed anew',
      by: self,
      says: (honest) => {
        const { buildDefinition, ...rest } = honest as Provenance
        const externalParameters = { ...buildDefinition.externalParameters, patch: 'https://example.com/fix.diff' }
        return { ...rest, buildDefinition: { ...buildDefinition, externalParameters } }
      },
    }),
  },
  {
    clause: 'sbom',
    title: 'an SBOM by somebody nobody trusts',
    story: 'There is an SBOM, and whoever signed it is not in the trust list.',
    kind: 'cyclonedx',
    wrong: () => ({ how: 'signed anew', by: stranger }),
  },
  {
    clause: 'sbom.bound',
    title: 'an SBOM of something else',
    story: 'The SBOM is signed and attached here, and the document itself describes other bits.',
    kind: 'cyclonedx',
    wrong: (self) => ({
      how: 'signed anew',
      by: self,
      says: (honest) => {
        const { metadata, ...rest } = honest as Bom
        const component = { ...metadata.component, hashes: [{ alg: 'SHA-256', content: '4b'.repeat(32) }] }
        return { ...rest, metadata: { ...metadata, component } }
      },
    }),
  },
  {
    clause: 'log',
    title: 'evidence that is in no log',
    story: 'The signature holds, and nothing proves that it was ever logged: it could be made and unmade unseen.',
    kind: 'signature',
    wrong: () => ({ how: 'without its log proof' }),
  },
]

const SHIPPED: readonly ShippedCase[] = [
  {
    clause: 'provenance.clean',
    title: 'built from changes no commit describes',
    story: 'A tracked file was changed and not committed.',
    change: (project) => project.write('greet.sh', '#!/bin/sh\necho hello, whoever you are\n'),
  },
  {
    clause: 'sbom.complete',
    title: 'an SBOM that does not know whether it is complete',
    story: 'The project names no lockfile, so nothing says what it is made of.',
    yaml: { lockfiles: '[]' },
    files: { 'package.json': '{ "name": "greet", "version": "1.0.0" }\n', 'package-lock.json': '' },
    change: async (project) => {
      await project.git('rm', '--quiet', 'package-lock.json')
      await project.commit('no lockfile')
    },
  },
  {
    clause: 'check',
    title: 'a check that was not passed without remarks',
    story: 'A finding below `check.fail-on` lets the build go on; the policy wants none at all.',
    files: { Dockerfile: `FROM registry.example/base@sha256:${'5a'.repeat(32)}\nCOPY greet.sh /greet\n` },
  },
  {
    clause: 'forbid.licences',
    title: 'a component under a licence the policy forbids',
    story: 'One package of the lockfile declares AGPL-3.0-only.',
    files: { 'package-lock.json': lockfile('AGPL-3.0-only') },
  },
]

const COMMIT: Case = {
  clause: 'provenance.commit',
  title: 'not built from HEAD',
  story: 'What is in dev was built from a commit that has a successor by now.',
}

const shown = new Map<ClauseName, string>()

/** Keeps what the terminal showed for docs/verdicts.md. */
function show(one: Case, project: SampleProject, command: string, said: Said): void {
  const names = { [project.dataDir]: '~/.local/share/tallystick', [project.dir]: '~/greet', [project.beside]: '~' }
  shown.set(one.clause, `## ${one.clause}: ${one.title}\n\n${one.story}\n\n\`\`\`console\n${transcript(command, said, names)}\`\`\`\n`)
}

/** What the verdict on a terminal says of each clause. */
function clausesOf(said: Said): { readonly decision: string; readonly unmet: readonly string[] } {
  const [, decision = ''] = /^verdict +(\w+) by policy prod/m.exec(said.stdout) ?? []
  return { decision, unmet: Array.from(said.stdout.matchAll(/^ {2}(?:FAILED|UNKNOWN) +(\S+)$/gm), ([, clause]) => clause ?? '') }
}

describe('evidence replaced between dev and prod', () => {
  let project: SampleProject
  let shipped: Shipped
  beforeAll(async () => {
    project = await makeSample()
    shipped = await shipInside(project, { to: 'dev' })
  })
  afterAll(() => project[Symbol.asyncDispose]())

  /** Asks for promotion from a layout beside the project to another. */
  async function promote(from: string, to: string): Promise<{ readonly command: string; readonly said: Said }> {
    const words = ['promote', `oci:../${from}@${shipped.receipt.artifact.manifestDigest}`, `oci:../${to}`, '--policy', 'policy/prod.yaml']
    return { command: `tally ${words.join(' ')}`, said: await watchTally(project, ...words) }
  }

  test('nothing replaced: allowed', async () => {
    const self = (await openLocalKey(shipped.workspace.deps, project.dataDir)).signer
    await mirrorWith(shipped, join(project.beside, 'honest'), 'signature', { how: 'signed anew', by: self })
    const { said } = await promote('honest', 'prod-of-the-honest')
    expect(clausesOf(said)).toEqual({ decision: 'allow', unmet: [] })
    expect(said.exitCode).toBe(0)
  })

  test.each(REPLACED)('$clause: $title', async (one) => {
    const self = (await openLocalKey(shipped.workspace.deps, project.dataDir)).signer
    await mirrorWith(shipped, join(project.beside, `dev-${one.clause}`), one.kind, one.wrong(self))
    const { command, said } = await promote(`dev-${one.clause}`, `prod-${one.clause}`)
    show(one, project, command.replaceAll(`-${one.clause}`, ''), {
      ...said,
      stdout: said.stdout.replaceAll(`dev-${one.clause}`, 'dev').replaceAll(`prod-${one.clause}`, 'prod'),
    })
    expect(clausesOf(said)).toEqual({ decision: 'deny', unmet: [one.clause] })
    expect(said.exitCode).toBe(1)
    expect(await readdir(join(project.beside, `prod-${one.clause}`, 'blobs/sha256'))).toEqual([])
  })

  test(`${COMMIT.clause}: ${COMMIT.title}`, async () => {
    await project.write('README.md', 'Greets.\n')
    await project.commit()
    const words = [
      'promote',
      `oci:../data/registry/greet/dev@${shipped.receipt.artifact.manifestDigest}`,
      'oci:../prod',
      '--policy',
      'policy/prod.yaml',
    ]
    const said = await watchTally(project, ...words)
    show(COMMIT, project, `tally ${words.join(' ').replace('../data/registry/greet/dev', '../dev')}`, said)
    expect(clausesOf(said)).toEqual({ decision: 'deny', unmet: [COMMIT.clause] })
    expect(said.exitCode).toBe(1)
  })
})

describe('a project that is not as it should be', () => {
  test.each(SHIPPED)('$clause: $title', async (one) => {
    await using project = await makeSample({
      ...(one.yaml === undefined ? {} : { yaml: one.yaml }),
      ...(one.files === undefined ? {} : { files: one.files }),
    })
    await one.change?.(project)
    const said = await watchTally(project, 'ship')
    show(one, project, 'tally ship', said)
    expect(clausesOf(said)).toEqual({ decision: 'deny', unmet: [one.clause] })
    expect(said.exitCode).toBe(1)
    expect(await readdir(join(project.dataDir, 'registry/greet'))).not.toContain('promoted')
    expect(said.stdout).toContain('greet 1.0.0: stays in dev, not in prod')
  })
})

describe('all of it', () => {
  test('every clause this repository asks of prod has its test', async () => {
    const file = join(REPOSITORY, 'policy/prod.yaml')
    const { rules } = parsePolicy(await readFileBounded(testDeps(), file, 'configBytes'), file)
    expect(Object.keys(rules.require).toSorted()).toEqual(['check', 'log', 'provenance', 'sbom', 'signature'])
    // An honest run is asked exactly these clauses.
    await using project = await makeSample()
    const { receipt } = await shipInside(project)
    expect(receipt.verdict?.clauses.map((clause) => clause.clause).toSorted()).toEqual([...shown.keys()].toSorted())
  })

  test('docs/verdicts.md shows what the terminal says now', async () => {
    const order = [
      'signature',
      'provenance',
      'provenance.builder',
      'provenance.build-type',
      'provenance.commit',
      'provenance.clean',
      'provenance.parameters',
      'sbom',
      'sbom.bound',
      'sbom.complete',
      'check',
      'log',
      'forbid.licences',
    ] as const
    const document = [HEAD, ...order.map((clause) => shown.get(clause) ?? '')].join('\n')
    await expect(document).toMatchFileSnapshot(join(REPOSITORY, 'docs/verdicts.md'))
  })
})

const HEAD = `# Verdicts

What \`tally\` says when one thing is wrong, for each clause of this repository's own \`policy/prod.yaml\`. The project is a small one that ships
to prod when nothing is wrong. Written by \`npm test -- test/e2e/verdicts.test.ts -u\` from the very runs that test holds to their verdicts;
digests and key ids are made up, for they differ in every run.
`
