import type { DigestSet } from '../kernel/digest.ts'

/** `manifest`: somebody wrote down what is wanted; `lockfile`: what a package manager chose; `installed`, `database`: what is there; `binary`: what a program holds. */
export const EVIDENCE_METHODS = ['manifest', 'lockfile', 'installed', 'database', 'binary'] as const
export type EvidenceMethod = (typeof EVIDENCE_METHODS)[number]

/** A file a package is distributed as. An address never holds user info. At least one of address and hash is there. */
export type Distribution = { readonly url?: string; readonly hashes: DigestSet }

/** What a cataloger found: one package at one version. Neutral between CycloneDX and SPDX. */
export type Component = {
  /** Canonical package URL; also the identity within one SBOM. */
  readonly purl: string
  readonly name: string
  readonly version: string
  readonly type: 'library' | 'application' | 'operating-system' | 'framework' | 'file'
  readonly hashes: DigestSet
  /** SPDX licence expression or free text, as declared by the package. Undefined = not known. */
  readonly licence?: string
  /** Which versions may be installed, in the words of the ecosystem, where no one version is pinned. */
  readonly range?: string
  /** The files it is distributed as, where what was read names them: any one of them may have been installed. */
  readonly distributions?: readonly Distribution[]
  /** How it was found: cataloger, file inside the target (relative, `/`), method and confidence 0…1. */
  readonly evidence: readonly {
    readonly cataloger: string
    readonly file: string
    readonly method: EvidenceMethod
    readonly confidence: number
  }[]
  readonly scope: 'required' | 'optional' | 'dev'
  readonly layer?: string
  /** What only its ecosystem has a word for, by `<ecosystem>:<name>`. */
  readonly properties?: Readonly<Record<string, string>>
}

/** A dependency edge between purls. */
export type Edge = { readonly from: string; readonly to: string }

/**
 * An SBOM before it is written. Sorted by purl. `completeness` is `complete` only when a cataloger read everything the
 * target declares; `unknown` when none could.
 */
export type Sbom = {
  readonly subject: { readonly name: string; readonly version: string; readonly purl?: string; readonly digests: DigestSet }
  readonly components: readonly Component[]
  readonly edges: readonly Edge[]
  readonly completeness: 'complete' | 'incomplete' | 'unknown'
  /** RFC 3339; of the commit or SOURCE_DATE_EPOCH, never "now" by itself. */
  readonly created: string
  readonly tool: { readonly name: string; readonly version: string }
}
