import type { DigestSet } from '../kernel/digest.ts'

/** `manifest`: somebody wrote down what is wanted; `lockfile`: what a package manager chose; `installed`, `database`: what is there; `binary`: what a program holds. */
export const EVIDENCE_METHODS = ['manifest', 'lockfile', 'installed', 'database', 'binary'] as const
export type EvidenceMethod = (typeof EVIDENCE_METHODS)[number]

/** A file a package is distributed as. An address never holds user info. At least one of address and hash is there. */
export type Distribution = { readonly url?: string; readonly hashes: DigestSet }

/** Who made something: a name, and an e-mail address or URL where there is one. */
export type Party = { readonly name: string; readonly contact?: string }

/** A licence that was concluded from a file of the package, and how sure that is (0…1). */
export type ConcludedLicence = { readonly licence: string; readonly confidence: number; readonly file: string }

/** What an author may know and not say (CISA 2026, "Explicitly Identifying Unknown Information"): withheld is not unknown. */
export const WITHHOLDABLE = ['producer', 'licence', 'hashes', 'distributions', 'evidence', 'layer'] as const
export type Withholdable = (typeof WITHHOLDABLE)[number]

/** What a cataloger found: one package at one version. Neutral between CycloneDX and SPDX. */
export type Component = {
  /** Canonical package URL; also the identity within one SBOM. */
  readonly purl: string
  readonly name: string
  readonly version: string
  readonly type: 'library' | 'application' | 'operating-system' | 'framework' | 'file' | 'machine-learning-model'
  readonly hashes: DigestSet
  /** SPDX licence expression or free text, as declared by the package. Undefined = not known. */
  readonly licence?: string
  readonly concluded?: ConcludedLicence
  /** Who makes the package, as it says itself. */
  readonly producer?: Party
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
  /** Fields that are known and left out on purpose. What is neither there nor here is not known. */
  readonly withheld?: readonly Withholdable[]
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
  /** Who says so: whoever runs the tool, never the tool. */
  readonly author?: Party
  /** When in the life of the subject it was looked at: its sources, its build, or what was built. */
  readonly phase?: 'pre-build' | 'build' | 'post-build'
  readonly tool: { readonly name: string; readonly version: string }
}
