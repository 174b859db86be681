import type { Artifact } from '../artifact/artifact.ts'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import type { Component, Sbom } from '../sbom/model.ts'
import type { ActorId, Scope, TenantId } from '../store/scope.ts'
import type { Receipt } from '../trust/receipt.ts'

/** A scope of its own for each test, so that tests do not see each other's rows. */
export function scopeFor(test: string, actor = 'ann'): Scope {
  return { tenant: test as TenantId, actor: actor as ActorId }
}

export function digestFor(name: string): Digest {
  return digestOf(utf8(name))
}

/** A manifest that wraps the file of the same name. */
export function wrappedFile(name: string): Artifact & { readonly kind: 'manifest'; readonly file: { readonly digest: Digest } } {
  const file = { digest: digestFor(`${name} file`), size: 100, name }
  return { kind: 'manifest', digest: digestFor(name), size: 300, mediaType: 'application/vnd.oci.image.manifest.v1+json', name, file }
}

/** An SBOM of `pkg:npm/…` components, written `name@version`. */
export function sbomOf(components: readonly string[], licence = 'MIT'): Sbom {
  return {
    subject: { name: 'app', version: '1.0.0', digests: {} },
    components: components.map((text): Component => {
      const at = text.lastIndexOf('@')
      const [name, version] = [text.slice(0, at), text.slice(at + 1)]
      const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
      return { purl, name, version, type: 'library', hashes: {}, licence, evidence: [], scope: 'required' }
    }),
    edges: [],
    completeness: 'complete',
    created: '2026-11-25T09:00:00Z',
    tool: { name: 'tally', version: '0.1.0' },
  }
}

/** A receipt as trust would make it. The brand is trust's alone; a test may pretend. */
export function receiptFor(name: string, at: string, log?: { readonly index: number }, keyId = 'ab12'): Receipt {
  const receipt: Omit<Receipt, keyof Receipt & symbol> = {
    statement: { type: 'https://in-toto.io/Statement/v1', subject: [], predicateType: 'https://slsa.dev/provenance/v1', predicate: {} },
    envelope: digestFor(`envelope ${name}`),
    where: 'oci:/data/dev',
    signer: { authority: 'this-machine', kind: 'local', keyId },
    time: { at, proof: 'asserted' },
    matched: 'manifest',
    ...(log === undefined
      ? {}
      : {
          log: {
            entry: { envelope: digestFor(`envelope ${name}`), predicateType: '', subjects: [], keyId },
            proof: { index: log.index, hashes: [], checkpoint: '' },
            size: log.index + 1,
            root: 'cm9vdA==',
            checkpointBy: 'log key',
          },
        }),
  }
  return receipt as Receipt
}
