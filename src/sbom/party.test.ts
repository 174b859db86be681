import { describe, expect, it } from 'vitest'
import { contactKind, partyFrom } from './party.ts'

describe('who made something', () => {
  it.each([
    ['A Person <a@host.example>', { name: 'A Person', contact: 'a@host.example' }],
    ['A Person <a@host.example> (https://host.example/)', { name: 'A Person', contact: 'a@host.example' }],
    ['A Team (https://host.example/)', { name: 'A Team', contact: 'https://host.example/' }],
    ['  Several\n  lines  ', { name: 'Several lines' }],
    ['<a@host.example>', { name: 'a@host.example', contact: 'a@host.example' }],
    ['Odd <not an address>', { name: 'Odd' }],
    ['Open <a@host.example', { name: 'Open' }],
    ['', undefined],
    ['<> ()', undefined],
  ])('%j is %j', (text, party) => {
    expect(partyFrom(text)).toEqual(party)
  })

  it('is cut where it is absurd', () => {
    expect(partyFrom('x'.repeat(100_000))?.name).toHaveLength(200)
  })

  it.each([
    ['a@host.example', 'email'],
    ['https://host.example/x', 'url'],
    ['javascript:alert(1)', undefined],
    ['a b@c', undefined],
    [undefined, undefined],
  ])('the contact %j is %s', (contact, kind) => {
    expect(contactKind({ name: 'x', ...(contact === undefined ? {} : { contact }) })).toBe(kind)
  })
})
