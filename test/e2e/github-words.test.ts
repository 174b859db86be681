import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CODE_SIGNING, extension, newPair } from '../support/sigstore-in-memory/certificates.ts'
import { leafOf, signedBundle, trustedRootJson } from '../support/sigstore-in-memory/instance.ts'
import { MESSAGE } from '../support/sigstore-in-memory/verify.ts'
import { tallyInside } from '../support/tally-inside.ts'

// What a certificate of a workflow on GitHub says, asked for by cosign's flags and by those of `gh attestation verify`: each right and each wrong.

const SHA = 'a'.repeat(40)
const WORKFLOW = 'example/shared/.github/workflows/release.yml'
const SUBJECT = `https://github.com/${WORKFLOW}@refs/tags/v1`
const FACTS: Readonly<Record<number, string>> = {
  2: 'push',
  3: SHA,
  4: 'Release',
  5: 'example/app',
  6: 'refs/heads/main',
  8: 'https://token.actions.githubusercontent.com',
  9: SUBJECT,
  10: 'b'.repeat(40),
  11: 'github-hosted',
  12: 'https://github.com/example/app',
  13: SHA,
  14: 'refs/heads/main',
  16: 'https://github.com/example',
}

/** The same by a workflow of a tenant of ghe.com, and each of what says so as github.com or another tenant would have it. */
const TENANT: Readonly<Record<number, string>> = {
  ...FACTS,
  8: 'https://token.actions.acme.ghe.com',
  9: `https://acme.ghe.com/${WORKFLOW}@refs/tags/v1`,
  12: 'https://acme.ghe.com/example/app',
  16: 'https://acme.ghe.com/example',
}
const ELSEWHERE: Readonly<Record<number, string>> = {
  8: 'https://token.actions.githubusercontent.com',
  12: 'https://github.com/example/app',
  16: 'https://other.ghe.com/example',
}

let dir = ''
beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  await fs.writeFile(join(dir, 'release.txt'), MESSAGE)
  await fs.writeFile(join(dir, 'root.json'), JSON.stringify(trustedRootJson()))
  await fs.writeFile(join(dir, 'workflow.json'), bundleOf(FACTS))
  await fs.writeFile(join(dir, 'own-runner.json'), bundleOf({ ...FACTS, 11: 'self-hosted' }))
  await fs.writeFile(join(dir, 'other-issuer.json'), bundleOf({ ...FACTS, 8: 'https://token.example.com' }))
  await fs.writeFile(join(dir, 'tenant.json'), bundleOf(TENANT, TENANT[9]))
  for (const [number, other] of Object.entries(ELSEWHERE)) {
    await fs.writeFile(join(dir, `tenant-${number}.json`), bundleOf({ ...TENANT, [number]: other }, TENANT[9]))
  }
  await fs.writeFile(join(dir, 'tenant-name.json'), bundleOf(TENANT, SUBJECT))
  await fs.writeFile(join(dir, 'near.json'), bundleOf(FACTS, `https://github.com/${WORKFLOW}@evil.yml@refs/heads/main`))
  await fs.writeFile(join(dir, 'few.json'), bundleOf({ 8: FACTS[8] ?? '', 12: FACTS[12] ?? '' }))
})
afterAll(() => fs.rm(dir, { recursive: true }))

function bundleOf(facts: Readonly<Record<number, string>>, subject = SUBJECT): string {
  const key = newPair()
  const said = Object.entries(facts).map(([number, text]) => extension.fulcio(Number(number), text))
  const extensions = [extension.keyUsage(0), extension.purpose(CODE_SIGNING), extension.names(subject), ...said]
  return JSON.stringify(signedBundle(MESSAGE, { key, leaf: leafOf(key, { extensions }) }))
}

const verify = async (line: string, bundle = 'workflow.json') =>
  (
    await tallyInside(dir, [
      'verify-blob',
      'release.txt',
      '--bundle',
      bundle,
      '--trusted-root',
      'root.json',
      '--offline',
      ...line.split(' '),
    ])
  ).exitCode
const who =
  '--certificate-identity-regexp https://github.com/example/.* --certificate-oidc-issuer https://token.actions.githubusercontent.com'
const repo = '--repo example/app'

describe('what is asked for, and is so', () => {
  test.each([
    [`${who} --certificate-github-workflow-trigger`, 'push', 'pull_request'],
    [`${who} --certificate-github-workflow-sha`, SHA, 'c'.repeat(40)],
    [`${who} --certificate-github-workflow-name`, 'Release', 'release'],
    [`${who} --certificate-github-workflow-repository`, 'example/app', 'example/ap'],
    [`${who} --certificate-github-workflow-ref`, 'refs/heads/main', 'refs/heads/mai'],
    [`--signer-workflow ${WORKFLOW} --repo`, 'example/app', 'example/other'],
    [`--signer-workflow ${WORKFLOW} --repo`, 'example/app', 'example/ap'],
    ['--owner', 'example', 'exampl'],
    ['--owner example --signer-repo', 'example/shared', 'example/share'],
    [`${repo} --signer-repo`, 'example/shared', 'example/app'],
    ['--signer-repo example/shared --owner', 'example', 'exampl'],
    ['--signer-repo example/shared -R', 'example/app', 'example/ap'],
    ['--owner example --signer-workflow', `${WORKFLOW}@refs/tags/v1`, `${WORKFLOW}@refs/tags/v`],
    ['--owner example --hostname', 'github.com', 'acme.ghe.com'],
    ['--owner example --signer-workflow', WORKFLOW, 'example/shared/.github/workflows/release'],
    ['--owner example --signer-workflow', `github.com/${WORKFLOW}`, 'example/app/.github/workflows/release.yml'],
    [`${repo} --signer-workflow ${WORKFLOW} --source-ref`, 'refs/heads/main', 'refs/heads/dev'],
    [`${repo} --signer-workflow ${WORKFLOW} --source-digest`, SHA, 'b'.repeat(40)],
    [`${repo} --signer-workflow ${WORKFLOW} --signer-digest`, 'b'.repeat(40), SHA],
  ])('%s %s, and not %s', async (flags, right, wrong) => {
    expect(await verify(`${flags} ${right}`)).toBe(0)
    expect(await verify(`${flags} ${wrong}`)).toBe(1)
  })

  test('the machine: only GitHub’s own, where that is asked for', async () => {
    expect(await verify('--owner example --deny-self-hosted-runners')).toBe(0)
    expect(await verify('--owner example', 'own-runner.json')).toBe(0)
    expect(await verify('--owner example --deny-self-hosted-runners', 'own-runner.json')).toBe(1)
  })
})

test('a tenant of ghe.com: its names and its issuer, all of them, and no other’s', async () => {
  const line = '--repo example/app --signer-repo example/shared --hostname'
  expect(await verify(`${line} acme.ghe.com`, 'tenant.json')).toBe(0)
  expect(await verify(`--owner example --hostname acme.ghe.com --signer-workflow acme.ghe.com/${WORKFLOW}`, 'tenant.json')).toBe(0)
  expect(await verify(`${line} github.com`, 'tenant.json')).toBe(1)
  expect(await verify(`${line} cme.ghe.com`, 'tenant.json')).toBe(1)
  for (const number of [...Object.keys(ELSEWHERE), 'name']) {
    expect(await verify(`${line} acme.ghe.com`, `tenant-${number}.json`)).toBe(1)
  }
})

test('a workflow whose file name goes on behind the one that is asked for is another', async () => {
  expect(await verify(`--owner example --signer-workflow ${WORKFLOW}`, 'near.json')).toBe(1)
  expect(await verify(`--owner example --signer-workflow ${WORKFLOW}@evil.yml`, 'near.json')).toBe(0)
})

test('--repo alone means a workflow of that very repository', async () => {
  expect(await verify(repo)).toBe(1)
})

test('gh’s flags mean GitHub’s issuer, and nobody who says the same', async () => {
  expect(await verify('--owner example', 'other-issuer.json')).toBe(1)
})

test.each(['--owner example', `${who} --certificate-github-workflow-trigger push`, `${who} --source-ref refs/heads/main`])(
  'what a certificate does not say is not so: %s',
  async (line) => {
    expect(await verify(line, 'few.json')).toBe(1)
  },
)

test.each([
  ['--repo example/app --owner example'],
  ['--signer-workflow example/app/x.yml'],
  ['--repo example'],
  ['--owner example/app'],
  ['--source-ref refs/heads/main'],
  ['--signer-repo example/app'],
  ['--hostname acme.ghe.com'],
  ['--owner example --signer-repo example'],
  ['--owner example --signer-repo example/shared --signer-workflow example/shared/x.yml'],
  ['--owner example --certificate-identity x --signer-repo example/shared'],
  ['--owner example --certificate-identity-regexp x --signer-workflow example/shared/x.yml'],
  ['--owner example --hostname github.example.com'],
  ['--owner example --hostname ghe.com'],
  ['--owner example --hostname a.b.ghe.com'],
  ['--owner example --signer-workflow acme.ghe.com/example/shared/x.yml'],
  ['--owner example --signer-workflow x.yml'],
])('a wrong question ends with 2: %s', async (line) => {
  expect(await verify(line)).toBe(2)
})
