import type { LimitName } from '../../kernel/limits.ts'
import type { Component, ConcludedLicence, Edge } from '../model.ts'

/**
 * What is being listed: `runtime-closure` = what the committed lockfile may install for running, on any platform;
 * `installed` = what lies in the target.
 */
export type CatalogMode = 'runtime-closure' | 'installed'

/** A file a cataloger asked for. Its path is relative to the target's root, with `/`, without a leading one. */
export type CatalogFile = { readonly bytes: Uint8Array; readonly layer?: string }

/** A project of the target: the root of a dependency tree. The one in directory `''` is the target itself. */
export type Project = { readonly directory: string; readonly name: string; readonly version: string; readonly purl: string }

/**
 * A need that names no version: it is met by the one version of that package in the target, of several by the one in the first of `near`
 * (beginnings of paths) that has any.
 */
export type LooseEdge = {
  readonly from: string
  readonly type: string
  readonly namespace: string
  readonly name: string
  readonly near?: readonly string[]
}

/** What a licence file says: of the package whose own file lies in a folder, or of one of these types by name. */
export type LicenceFinding = ConcludedLicence & {
  readonly of: { readonly folder: string } | { readonly name: string; readonly types: readonly string[] }
  /** Whether it is what the package declares, where that says nothing itself. */
  readonly declared: boolean
}

/** What an SBOM that lies in the target says of it. Nobody has verified it. */
export type Claim = {
  readonly file: string
  readonly layer?: string
  /** Of the file it stands in. */
  readonly sha256: string
  readonly format: string
  readonly id: string
  readonly tool: string
  /** Whether it stands in an attestation. */
  readonly attested: boolean
  /** Package URLs. */
  readonly packages: readonly string[]
}

export type Catalog = {
  readonly components: readonly Component[]
  /** Edges between components, and from projects to components. */
  readonly edges: readonly Edge[]
  readonly loose?: readonly LooseEdge[]
  readonly projects: readonly Project[]
  readonly licences?: readonly LicenceFinding[]
  readonly claims?: readonly Claim[]
  /** Files of `files` whose declarations are now fully in the catalog. */
  readonly read: readonly string[]
  /** Files that name packages without pinning what they lead to: what is in the catalog of them is right, and not all there will be. */
  readonly partial?: readonly string[]
  /** Files of installed packages that this cataloger reports with more knowledge: others' components of those files are left out. */
  readonly claimed?: ReadonlySet<string>
  /** Paths an operating system's package owns, with its package URL: what lies there is reported once, by that package. */
  readonly owned?: ReadonlyMap<string, string>
}

/**
 * Reads one ecosystem. Pure: it is given the files it wanted, from a directory or from the layers of an image alike.
 * Adding an ecosystem is adding one folder and one line in catalogers/table.ts.
 */
export type Cataloger = {
  readonly name: string
  readonly wants: (path: string, mode: CatalogMode) => boolean
  /**
   * A promise that only files of these names, or with these endings (what follows the last dot), are wanted: `wants` is then asked of no
   * others, which is most of what a walk over a large image costs.
   */
  readonly only?: { readonly names?: readonly string[]; readonly endings?: readonly string[] }
  /**
   * For what is known by paths alone: a name, ending with `/`, that stands for a path, or many, among the files. It is handed in, empty,
   * when `wants` says so.
   */
  readonly notes?: (path: string) => string | undefined
  /** Where a package manager opens its database, links followed: files or folders, relative to the target's root. */
  readonly databases?: readonly string[]
  /**
   * Further files that a file speaks of (includes, workspaces), relative to the target's root; `*` is any run within one segment. In
   * a directory they are handed in as well, as far as they lie in it. Must not throw: whether the bytes are sound is for `read` to say.
   */
  readonly mentions?: (path: string, bytes: Uint8Array) => readonly string[]
  /** The cap for a file it wants. */
  readonly limitOf: (path: string) => LimitName
  readonly read: (files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode) => Catalog
}

export const NOTHING_FOUND: Catalog = { components: [], edges: [], projects: [], read: [] }
