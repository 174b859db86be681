import { DER } from '../der.ts'
import { malformed, readText, readWhole } from './asn1.ts'
import type { Certificate } from './certificate.ts'

/**
 * What Fulcio wrote about the run that signed (fulcio docs/oid-info.md, 1.3.6.1.4.1.57264.1.1 to .24, without .7, which is a name).
 * All of it is the word of the issuer of the identity, by way of the certificate authority.
 */
export type CertificateFacts = { readonly [K in FactName]?: string }

/** 1 to 6 are raw text, deprecated and still written; 8 and up are DER strings. */
const FACTS = {
  issuer: 8,
  issuerV1: 1,
  githubWorkflowTrigger: 2,
  githubWorkflowSha: 3,
  githubWorkflowName: 4,
  githubWorkflowRepository: 5,
  githubWorkflowRef: 6,
  buildSignerUri: 9,
  buildSignerDigest: 10,
  runnerEnvironment: 11,
  sourceRepositoryUri: 12,
  sourceRepositoryDigest: 13,
  sourceRepositoryRef: 14,
  sourceRepositoryIdentifier: 15,
  sourceRepositoryOwnerUri: 16,
  sourceRepositoryOwnerIdentifier: 17,
  buildConfigUri: 18,
  buildConfigDigest: 19,
  buildTrigger: 20,
  runInvocationUri: 21,
  sourceRepositoryVisibility: 22,
  deploymentEnvironment: 23,
  tokenSubject: 24,
} as const
export type FactName = keyof typeof FACTS

const ARC = '1.3.6.1.4.1.57264.1.'
const LAST_RAW = 6
const EXTENSIONS = (Object.entries(FACTS) as readonly [FactName, number][]).map(([name, number]) => ({
  name,
  number,
  oid: `${ARC}${number}`,
}))

/**
 * Reads every extension of Fulcio's. `issuer` is the DER string of .8; of .1 only where there is no .8, and both must agree. Throws
 * `evidence-malformed` for one that is not what its number promises.
 */
export function readFacts(certificate: Certificate): CertificateFacts {
  const facts: { [K in FactName]?: string } = {}
  for (const { name, number, oid } of EXTENSIONS) {
    const value = certificate.extensions.get(oid)?.value
    if (value === undefined) continue
    const what = `the Fulcio extension ${number}`
    facts[name] = readText(number <= LAST_RAW ? value : readWhole(value, DER.utf8, what).content, what)
  }
  if (facts.issuer !== undefined && facts.issuerV1 !== undefined && facts.issuer !== facts.issuerV1) {
    throw malformed('two issuers of one identity')
  }
  const issuer = facts.issuer ?? facts.issuerV1
  return issuer === undefined ? facts : { ...facts, issuer }
}
