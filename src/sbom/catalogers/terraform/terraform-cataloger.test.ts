import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents } from '../test-catalog.ts'
import { terraformCataloger } from './terraform-cataloger.ts'

const LOCK = `# This file is maintained automatically by "terraform init".

provider "registry.example/hashicorp/net" {
  version     = "5.31.0"
  constraints = ">= 4.0.0, ~> 5.0"
  hashes = [
    "h1:abc=",
    "zh:0123",
  ]
}

provider "other.example/acme/thing" {
  version = "1.0.0"
}
`

describe('.terraform.lock.hcl', () => {
  it('lists providers', () => {
    const found = catalogTexts(terraformCataloger, { 'infra/.terraform.lock.hcl': LOCK }, 'runtime-closure')
    expect(shownComponents(found)).toEqual([
      'required terraform/other.example/acme/thing@1.0.0',
      'required terraform/registry.example/hashicorp/net@5.31.0',
    ])
    expect(found.read).toEqual(['infra/.terraform.lock.hcl'])
  })

  it.each([
    ['provider x {', /is broken/],
    ['provider "a" {\nprovider "b" {', /is broken/],
    ['provider "a" {\n}', /has no version/],
    ['provider "a" {\nversion = "1"', /does not end/],
  ])('is refused as %j', (text, message) => {
    expect(() => catalogTexts(terraformCataloger, { '.terraform.lock.hcl': text }, 'runtime-closure')).toThrow(message)
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    expect((await fuzzCataloger(terraformCataloger, { '.terraform.lock.hcl': LOCK })).strange).toEqual([])
  })
})
