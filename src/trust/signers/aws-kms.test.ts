import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { toBase64, utf8 } from '../../kernel/bytes.ts'
import { generateKey, loadPublicKey, publicKeyOf } from '../keys.ts'
import type { KeyAlgorithm } from '../schemes.ts'
import { testDeps } from '../../../test/support/deps.ts'
import { startFakeAws } from '../../../test/support/fake-aws.ts'
import { fetchVia, startHttpFake } from '../../../test/support/http-fake.ts'
import type { HttpFake } from '../../../test/support/http-fake.ts'
import { openAwsKms, parseAwsUri } from './aws-kms.ts'
import { signAwsRequest } from './sigv4.ts'

const ALIAS = 'alias/release'
const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const account = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the/secret+key', region: 'eu-central-1' }
const key = generateKey()

describe('Signature Version 4', () => {
  // The worked example of AWS's documentation ("Signing AWS API requests", ListUsers of IAM).
  test('comes out as AWS’s own example', () => {
    const request = {
      method: 'GET',
      url: new URL('https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08'),
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: new Uint8Array(0),
      region: 'us-east-1',
      service: 'iam',
    }
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: ['wJalrXUtnFEMI', 'K7MDENG+bPxRfiCYEXAMPLEKEY'].join('/') }
    const headers = signAwsRequest(request, credentials, new Date('2015-08-30T12:36:00Z'))
    expect(headers['authorization']).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    )
  })
})

describe('a key reference', () => {
  test.each([
    ['awskms:///1234abcd-12ab-34cd-56ef-1234567890ab', { endpoint: '', keyId: '1234abcd-12ab-34cd-56ef-1234567890ab' }],
    ['awskms:///mrk-1234abcd12ab34cd56ef1234567890ab', { endpoint: '', keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab' }],
    ['awskms:///alias/a/b', { endpoint: '', keyId: 'alias/a/b' }],
    [`awskms:///${ARN}`, { endpoint: '', keyId: ARN, region: 'eu-central-1' }],
    ['awskms://localhost:4566/alias/x', { endpoint: 'localhost:4566', keyId: 'alias/x' }],
  ])('%s', (uri, named) => {
    expect(parseAwsUri(uri)).toEqual(named)
  })
  test.each(['awskms://', 'awskms:///', 'awskms://alias/x y', 'awskms:///release', 'awskms://user@host/alias/x'])('%s is none', (uri) => {
    expect(() => parseAwsUri(uri)).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})

describe('AWS KMS', () => {
  let aws: HttpFake
  let home = ''
  beforeEach(async () => {
    home = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    aws = await startFakeAws(account, ALIAS, key)
  })
  afterEach(async () => {
    await aws.close()
    await fs.rm(home, { recursive: true })
  })
  const secrets = { AWS_ACCESS_KEY_ID: account.accessKeyId, AWS_SECRET_ACCESS_KEY: account.secretAccessKey }
  const open = async (uri: string, env: Record<string, string>, hosts = {}) =>
    await openAwsKms(testDeps({ env: { HOME: home, ...env }, fetch: fetchVia(hosts) }), uri)
  const atFake = () => `awskms://${aws.host}/${ALIAS}`

  const atKind = async (kind: KeyAlgorithm, mlDsa?: (representative: Uint8Array) => Uint8Array) => {
    const other = generateKey(kind)
    const fake = await startFakeAws(account, ALIAS, other, mlDsa)
    return { other, fake }
  }
  test.each(['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa'] as const)(
    'signs with a key of kind %s, and is never sent the message',
    async (kind) => {
      const { other, fake } = await atKind(kind)
      const signer = await open(`awskms://${fake.host}/${ALIAS}`, { ...secrets, AWS_REGION: 'eu-central-1' })
      expect(signer).toMatchObject({ keyId: publicKeyOf(other).keyId, algorithm: kind })
      const signature = await signer.sign(utf8('a statement'))
      expect(loadPublicKey(signer.publicKeyPem).verify(utf8('a statement'), signature)).toBe(true)
      expect(fake.seen.map(({ body }) => Buffer.from(body).toString()).join()).not.toContain('statement')
      await fake.close()
    },
  )

  test('signs with an Ed25519 key what KMS takes, and says so where it is more', async () => {
    const { fake } = await atKind('ed25519')
    const signer = await open(`awskms://${fake.host}/${ALIAS}`, { ...secrets, AWS_REGION: 'eu-central-1' })
    const whole = new Uint8Array(4096)
    expect(loadPublicKey(signer.publicKeyPem).verify(whole, await signer.sign(whole))).toBe(true)
    const asked = fake.seen.length
    await expect(signer.sign(new Uint8Array(4097))).rejects.toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
    expect(fake.seen).toHaveLength(asked)
    await fake.close()
  })

  test('is given the representative of a message to sign with ML-DSA, and never the message', async () => {
    const given: Uint8Array[] = []
    const { fake } = await atKind('ml-dsa-44', (representative) => {
      given.push(representative)
      return new Uint8Array(2420)
    })
    const signer = await open(`awskms://${fake.host}/${ALIAS}`, { ...secrets, AWS_REGION: 'eu-central-1' })
    expect(await signer.sign(utf8('a statement'))).toHaveLength(2420)
    expect(given.map((one) => one.byteLength)).toEqual([64])
    expect(fake.seen.map(({ body }) => Buffer.from(body).toString('latin1')).join('')).not.toContain(toBase64(utf8('a statement')))
    await fake.close()
  })

  test('by session credentials, from the shared files, in the profile’s region', async () => {
    const session = await startFakeAws({ ...account, sessionToken: 'the session' }, ALIAS, key)
    await fs.mkdir(join(home, '.aws'))
    await fs.writeFile(join(home, '.aws/config'), '[default]\nregion = us-east-1\n[profile build]\nregion = eu-central-1\n')
    const lines = ['[default]', 'aws_access_key_id = WRONG', '[build]', `aws_access_key_id = ${account.accessKeyId}`]
    const rest = [`aws_secret_access_key=${account.secretAccessKey}`, 'aws_session_token = the session']
    await fs.writeFile(join(home, '.aws/credentials'), [...lines, ...rest].join('\n'))
    const signer = await open(`awskms://${session.host}/${ALIAS}`, { AWS_PROFILE: 'build' })
    expect(signer.keyId).toBe(publicKeyOf(key).keyId)
    await session.close()
  })

  test('by a web identity token that STS exchanges', async () => {
    const sts = await startHttpFake((request) => {
      const form = new URLSearchParams(Buffer.from(request.body).toString())
      if (form.get('WebIdentityToken') !== 'the.oidc.token' || form.get('RoleArn') !== 'arn:aws:iam::1:role/sign') return { status: 403 }
      if (request.headers['accept'] !== 'application/json') return { body: '<AssumeRoleWithWebIdentityResponse/>' }
      const Credentials = { AccessKeyId: account.accessKeyId, SecretAccessKey: account.secretAccessKey, SessionToken: 'temporary' }
      return { json: { AssumeRoleWithWebIdentityResponse: { AssumeRoleWithWebIdentityResult: { Credentials } } } }
    })
    const kms = await startFakeAws({ ...account, sessionToken: 'temporary' }, ALIAS, key)
    await fs.writeFile(join(home, 'token'), 'the.oidc.token\n')
    const env = { AWS_WEB_IDENTITY_TOKEN_FILE: join(home, 'token'), AWS_ROLE_ARN: 'arn:aws:iam::1:role/sign', AWS_REGION: 'eu-central-1' }
    const hosts = { 'sts.eu-central-1.amazonaws.com': sts, 'kms.eu-central-1.amazonaws.com': kms }
    expect((await open(`awskms:///${ALIAS}`, env, hosts)).keyId).toBe(publicKeyOf(key).keyId)
    expect(sts.seen[0]?.headers['authorization']).toBeUndefined()
    await Promise.all([sts.close(), kms.close()])
  })

  test('by what the container is given, at an address nearby only', async () => {
    const kms = await startFakeAws({ ...account, sessionToken: 'temporary' }, ALIAS, key)
    const agent = await startHttpFake((request) => {
      if (request.headers['authorization'] !== 'agent token') return { status: 403 }
      return { json: { AccessKeyId: account.accessKeyId, SecretAccessKey: account.secretAccessKey, Token: 'temporary' } }
    })
    const env = { AWS_CONTAINER_AUTHORIZATION_TOKEN: 'agent token', AWS_REGION: 'eu-central-1' }
    const uri = `awskms://${kms.host}/${ALIAS}`
    expect((await open(uri, { ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: agent.origin })).keyId).toBe(publicKeyOf(key).keyId)
    const far = open(uri, { ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://collector.example/' })
    await expect(far).rejects.toThrow(expect.objectContaining({ code: 'insecure-transport' }))
    await Promise.all([agent.close(), kms.close()])
  })

  test.each([
    ['no credentials', {}, 'login-needed'],
    ['a wrong secret', { ...secrets, AWS_SECRET_ACCESS_KEY: 'wrong' }, 'forbidden'],
    ['an unknown key id', { ...secrets, AWS_ACCESS_KEY_ID: 'AKIDOTHER' }, 'forbidden'],
    ['another region', { ...secrets, AWS_REGION: 'eu-west-1' }, 'forbidden'],
  ])('with %s is refused, and the secret stays out of the message', async (_, env, code) => {
    const opening = open(atFake(), { AWS_REGION: 'eu-central-1', ...env })
    await expect(opening).rejects.toThrow(expect.objectContaining({ code }))
    await opening.catch((error: Error) => expect(error.message).not.toContain(account.secretAccessKey))
  })

  test('of a key that is not there says so', async () => {
    const opening = open(`awskms://${aws.host}/alias/other`, { ...secrets, AWS_REGION: 'eu-central-1' })
    await expect(opening).rejects.toThrow("it answered 400, Key 'alias/other' does not exist")
  })

  test('at an endpoint of somebody else is not asked at all', async () => {
    const opening = open('awskms://kms.evil.example/alias/x', { ...secrets, AWS_REGION: 'eu-central-1' })
    await expect(opening).rejects.toThrow(expect.objectContaining({ code: 'usage' }))
    const near = open('awskms://evil-amazonaws.com/alias/x', { ...secrets, AWS_REGION: 'eu-central-1' })
    await expect(near).rejects.toThrow(expect.objectContaining({ code: 'usage' }))
    expect(aws.seen).toEqual([])
  })

  test('that sends elsewhere is not followed', async () => {
    const elsewhere = await startHttpFake(() => ({ json: {} }))
    const kms = await startHttpFake(() => ({ status: 307, headers: { location: `${elsewhere.origin}/` } }))
    const opening = open(`awskms://${kms.host}/${ALIAS}`, { ...secrets, AWS_REGION: 'eu-central-1' })
    await expect(opening).rejects.toThrow(expect.objectContaining({ code: 'service-error' }))
    expect(elsewhere.seen).toEqual([])
    await Promise.all([kms.close(), elsewhere.close()])
  })
})
