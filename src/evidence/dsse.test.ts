import { describe, expect, test } from 'vitest'
import { textOf, utf8 } from '../kernel/bytes.ts'
import { TallyError } from '../kernel/errors.ts'
import { envelopeJson, parseEnvelope, preAuthEncoding } from './dsse.ts'

describe('the pre-authentication encoding', () => {
  test('is that of the DSSE specification’s example', () => {
    expect(textOf(preAuthEncoding('http://example.com/HelloWorld', utf8('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    )
  })
  test('counts bytes, not characters', () => {
    expect(textOf(preAuthEncoding('é', utf8('ü')))).toBe('DSSEv1 2 é 2 ü')
  })
})

describe('an envelope', () => {
  const envelope = { payloadType: 't', payload: Uint8Array.of(0xfb, 0xff), signatures: [{ keyid: '', sig: Uint8Array.of(1, 2, 3) }] }

  test('comes back as it went in, and an empty key id is not written', () => {
    const json = envelopeJson(envelope)
    expect(json).toEqual({ payload: '+/8=', payloadType: 't', signatures: [{ sig: 'AQID' }] })
    expect(parseEnvelope(json, 'test')).toEqual(envelope)
  })
  test.each(['+/8=', '-_8=', '-_8'])('is read in either base64 alphabet, padded or not: %s', (payload) => {
    expect(parseEnvelope({ payloadType: 't', payload, signatures: [{ sig: 'AQID' }] }, 'test').payload).toEqual(envelope.payload)
  })
  test.each([
    ['no signature', { payloadType: 't', payload: '', signatures: [] }, 'evidence-malformed'],
    ['an empty signature', { payloadType: 't', payload: '', signatures: [{ sig: '' }] }, 'evidence-malformed'],
    ['a payload that is no base64', { payloadType: 't', payload: '!', signatures: [{ sig: 'AQID' }] }, 'evidence-malformed'],
    ['a payload that is an object', { payloadType: 't', payload: {}, signatures: [{ sig: 'AQID' }] }, 'evidence-malformed'],
    ['17 signatures', { payloadType: 't', payload: '', signatures: Array.from({ length: 17 }, () => ({ sig: 'AQID' })) }, 'limit-exceeded'],
    ['nothing', null, 'evidence-malformed'],
  ])('with %s is refused', (_, json, code) => {
    expect(() => parseEnvelope(json, 'test')).toThrow(expect.objectContaining({ code }))
    expect(() => parseEnvelope(json, 'test')).toThrow(TallyError)
  })
})
