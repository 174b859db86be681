import { describe, expect, test } from 'vitest'
import { GLOBAL_OPTIONS } from './command.ts'
import { attest } from './commands/attest.ts'
import { attestBlob } from './commands/attest-blob.ts'
import { download } from './commands/download.ts'
import { sign } from './commands/sign.ts'
import { signBlob } from './commands/sign-blob.ts'
import { tree } from './commands/tree.ts'
import { verifyAttestation } from './commands/verify-attestation.ts'
import { verifyBlobAttestation } from './commands/verify-blob-attestation.ts'
import { verifyBlob } from './commands/verify-blob.ts'
import { verify } from './commands/verify.ts'
import { parseLine } from './parse-flags.ts'
import { annotationsOf } from './annotation-flags.ts'

describe('a line written for cosign', () => {
  test.each([
    [sign, ['--key', 'cosign.key', '--yes', '-a', 'build=7', '--upload=false', '--bundle', 'b.json', 'registry.example/app']],
    [signBlob, ['--key', 'env://COSIGN_PRIVATE_KEY', '-y', '--bundle', 'b.json', '--output-signature', 'sig', 'app.tgz']],
    [attest, ['--key', 'cosign.key', '--type', 'vuln', '--predicate', 'p.json', '--no-upload', 'registry.example/app']],
    [attestBlob, ['--key', 'cosign.key', '--predicate', 'p.json', '--bundle', 'b.json', 'app.tgz']],
  ])('is understood by $name', (command, line) => {
    expect(parseLine(command, line, {}).words).toHaveLength(1)
  })

  test.each([
    [sign, '--sk'],
    [sign, '--recursive'],
    [sign, '-r'],
    [sign, '--registry-password=x'],
    [attest, '--k8s-keychain'],
    [attest, '--statement=s.json'],
    [signBlob, '--certificate=c.pem'],
    [signBlob, '--timestamp-client-key=k'],
    [attestBlob, '--hash=ab'],
    [attestBlob, '-t'],
  ])('with a flag that $0.name does not have is refused by its name: %s', (command, flag) => {
    const name = flag.replace(/^-+/, '').split('=')[0]
    expect(() => parseLine(command, [flag, 'x'], {})).toThrow(expect.objectContaining({ code: 'flag-unsupported', where: `--${name}` }))
  })
})

// What `cosign VERB --help` lists (3.1.3) beside the registry's and everybody's flags; test/peers/cosign-line.test.ts asks a real one.
const REGISTRY = 'allow-http-registry allow-insecure-registry k8s-keychain registry-cacert registry-client-cert registry-client-key registry-password registry-server-name registry-token registry-username' // prettier-ignore
const IDENTITY =
  'certificate-github-workflow-name certificate-github-workflow-ref certificate-github-workflow-repository certificate-github-workflow-sha certificate-github-workflow-trigger certificate-identity certificate-identity-regexp certificate-oidc-issuer certificate-oidc-issuer-regexp insecure-ignore-sct insecure-ignore-tlog key max-workers sk slot trusted-root use-signed-timestamps allow-certificate-chain'
const OLDER =
  'ca-roots ca-intermediates certificate-chain experimental-oci11 new-bundle-format private-infrastructure rekor-url sct signature-digest-algorithm timestamp-certificate-chain'
const TOKEN =
  'fulcio-auth-flow identity-token oidc-client-id oidc-client-secret-file oidc-disable-ambient-providers oidc-provider oidc-redirect-url key sk slot certificate certificate-chain signing-config use-signing-config trusted-root timestamp-client-cacert timestamp-client-cert timestamp-client-key timestamp-server-name yes bundle'
const OLDER_SIGNING = 'fulcio-url rekor-url oidc-issuer timestamp-server-url tlog-upload new-bundle-format issue-certificate'

test.each([
  [verify, `${REGISTRY} ${IDENTITY} ${OLDER} annotations check-claims local-image output attachment payload signature certificate`],
  [verifyAttestation, `${REGISTRY} ${IDENTITY} ${OLDER} check-claims local-image output policy type`],
  [verifyBlob, `${IDENTITY} ${OLDER} bundle signature certificate rfc3161-timestamp`],
  [verifyBlobAttestation, `${IDENTITY} ${OLDER} bundle check-claims digest digestAlg type signature certificate rfc3161-timestamp`],
  [
    sign,
    `${REGISTRY} ${TOKEN} ${OLDER_SIGNING} annotations recursive registry-referrers-mode upload record-creation-timestamp output-signature output-certificate output-payload`,
  ],
  [signBlob, `${TOKEN} ${OLDER_SIGNING} signing-algorithm output-signature output-certificate rfc3161-timestamp b64`],
  [
    attest,
    `${REGISTRY} ${TOKEN} ${OLDER_SIGNING} predicate type statement no-upload replace record-creation-timestamp registry-referrers-mode`,
  ],
  [
    attestBlob,
    `${TOKEN} ${OLDER_SIGNING} predicate type statement hash output-attestation output-signature output-certificate rfc3161-timestamp`,
  ],
  [tree, `${REGISTRY} registry-referrers-mode`],
  [download, `${REGISTRY} predicate-type platform`],
])('every flag cosign has for $name is taken, or refused by its name', (command, flags) => {
  const everybodys = ['help', 'verbose', 'output-file', 'timeout', 't', 'd']
  const known = [command.options, GLOBAL_OPTIONS, command.refused ?? {}].flatMap((some) => Object.keys(some))
  expect([...flags.split(' '), ...everybodys].filter((name) => !known.includes(name))).toEqual([])
})

test('so is every flag of `gh attestation verify`', () => {
  const flags =
    'bundle bundle-from-oci cert-identity cert-identity-regex cert-oidc-issuer custom-trusted-root deny-self-hosted-runners digest-alg format hostname jq limit no-public-good owner predicate-type repo signer-digest signer-repo signer-workflow source-digest source-ref template b d i q L o R t'
  const shorts = Object.values(verify.options).flatMap(({ short }) => short ?? [])
  const known = [...Object.keys(verify.options), ...Object.keys(verify.refused ?? {}), ...shorts, 'q']
  expect(flags.split(' ').filter((name) => !known.includes(name))).toEqual([])
})

describe('annotations', () => {
  test('are NAME=VALUE, several in one or in many', () => {
    expect(annotationsOf(['a=1,b=x=y', 'c='])).toEqual({ annotations: { a: '1', b: 'x=y', c: '' } })
    expect(annotationsOf([])).toEqual({})
  })
  test.each([['a'], ['=1'], ['a=1,a=2'], ['']])('%j is refused', (text) => {
    expect(() => annotationsOf([text])).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
