const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

/**
 * Every cap in one place, in bytes, entries or milliseconds as the name says. A cap is counted while streaming, and what
 * passes it is refused with code `limit-exceeded` and the name of the cap.
 */
export const LIMITS = {
  jsonBytes: 64 * MiB,
  jsonDepth: 128,
  /** Values of a YAML text, all that aliases stand for counted each time. */
  yamlNodes: 200_000,
  configBytes: 1 * MiB,
  manifestBytes: 4 * MiB,
  indexEntries: 4096,
  indexDepth: 4,
  /** Entries of an OCI layout's own index.json, which lists every manifest in it. */
  layoutEntries: 65_536,
  referenceBytes: 4096,
  bundleBytes: 16 * MiB,
  bundleLogEntries: 32,
  bundleSignatures: 16,
  statementSubjects: 1024,
  subjectDigests: 32,
  /** What one run keeps of manifests and blobs, so that they are fetched once; larger blobs are never kept. */
  poolBytes: 48 * MiB,
  poolBlobBytes: 4 * MiB,
  /** A list of artifacts, its entries, and how many of them are judged at once. */
  listBytes: 32 * MiB,
  artifactsPerRun: 100_000,
  artifactsAtOnce: 8,
  referrersPerDigest: 1000,
  /** Referrers of referrers, counted from the artifact. */
  referrersDepth: 4,
  evidencePerArtifact: 1000,
  manifestsPerCopy: 10_000,
  /** Most bytes of all evidence of one artifact together. */
  evidenceBytes: 256 * MiB,
  blobBytes: 32 * GiB,
  layersPerImage: 512,
  tarEntries: 1_000_000,
  tarPathBytes: 4096,
  tarPaxBytes: 1 * MiB,
  tarUnpackedBytes: 64 * GiB,
  /** Distinct paths of an image over all its layers, folders included, and the length of all entry paths together. */
  imagePaths: 2_000_000,
  imagePathBytes: 256 * MiB,
  /** Files and folders in an image archive, which holds blobs and not a file system. */
  archiveMembers: 65_536,
  /** Most unpacked bytes for each packed byte, measured after the first inflateFreeBytes. */
  inflateRatio: 1024,
  inflateFreeBytes: 16 * MiB,
  /** Frames of one zstd stream. A layer with a frame for each file has as many as files. */
  zstdFrames: 1_000_000,
  fileReadBytes: 64 * MiB,
  lockfileBytes: 128 * MiB,
  /** package.json and the like. */
  packageFileBytes: 4 * MiB,
  /** A licence file that is read; larger ones hold more than a licence. */
  licenceFileBytes: 512 * KiB,
  /** The header of a model file: names, settings and vocabulary, and no tensors. */
  modelHeaderBytes: 16 * MiB,
  /** An SBOM that is read: one of 50,000 packages with all that is known of them has about 80 MiB. */
  sbomBytes: 256 * MiB,
  /** An SBOM that lies in what is looked at; a larger one is not compared. */
  embeddedSbomBytes: 16 * MiB,
  /** A file by which a runtime says its version. */
  versionFileBytes: 64 * KiB,
  /** What is kept of layers, and of SBOMs of images, at most; each. */
  cacheBytes: 2 * GiB,
  /** One file of these caches, packed. */
  layerCacheBytes: 512 * MiB,
  packageDatabaseBytes: 256 * MiB,
  /** Names of the files that one package database says its packages own, together. */
  ownedPathBytes: 256 * MiB,
  /** Comparisons to find out which packages satisfy the needs of all others. */
  dependencySteps: 5_000_000,
  /** An executable of at most this size is read whole; of a larger one its headers and the start of its data. */
  executableBytes: 8 * MiB,
  /** A Java archive is held whole while it is looked into. */
  archiveBytes: 256 * MiB,
  /** Of one archive and those inside of it: entries, what is unpacked of them together, and how deep they nest. */
  archiveEntries: 500_000,
  archiveUnpackedBytes: 1 * GiB,
  archiveDepth: 8,
  /** One text inside of an archive: a manifest, a pom. */
  archiveTextBytes: 4 * MiB,
  xmlNodes: 200_000,
  /** The list of packages a Rust program may hold, unpacked. */
  auditableBytes: 16 * MiB,
  /** All files one SBOM is made of, together. */
  catalogedBytes: 1 * GiB,
  directoryEntries: 2_000_000,
  /** Files that lockfiles and requirements of one directory speak of, beyond those known by their names. */
  mentionedFiles: 10_000,
  directoryDepth: 128,
  checkFileBytes: 4 * MiB,
  checkFiles: 200_000,
  logEntryBytes: 4 * KiB,
  /** An entry bundle: 256 entries and their length prefixes. */
  logBundleBytes: 256 * (4 * KiB + 2),
  logTileBytes: 8 * KiB,
  logFiles: 4_000_000,
  logProblems: 100,
  noteBytes: 256 * KiB,
  noteSignatures: 32,
  proofHashes: 64,
  httpHeaderBytes: 64 * KiB,
  httpErrorBodyBytes: 64 * KiB,
  httpRequestBodyBytes: 16 * MiB,
  httpIdleMs: 30_000,
  httpTotalMs: 600_000,
  /** A transfer slower than this, in bytes a second, is given up once httpTotalMs is over. */
  httpSlowestRate: 32 * KiB,
  httpAttempts: 4,
  /** Silence of a container engine, which may put an image together before it hands out the first byte. */
  engineIdleMs: 600_000,
  httpBackoffMs: 200,
  httpRetryAfterMs: 30_000,
  httpRedirects: 5,
  httpPages: 200,
  registryTokenBytes: 64 * KiB,
  /** A blob above this is uploaded in chunks of this size, each held in memory. */
  uploadChunkBytes: 16 * MiB,
  keyFileBytes: 64 * KiB,
  /** An answer of a key service, certificate authority, log or timestamp authority. */
  serviceAnswerBytes: 1 * MiB,
  /** A person who logs in with a browser. */
  browserMs: 300_000,
  /** A signing plug-in may wait for a person to touch a token. */
  plugInMs: 120_000,
  /** A signed file above this is verified by the digest it already has, and not read again. */
  rehashedBytes: 32 * MiB,
  /** A pattern for identities, and the steps it is compiled to. */
  patternChars: 1024,
  patternSteps: 2000,
  certificateBytes: 64 * KiB,
  certificateExtensions: 64,
  /** Certificates beside the leaf that a bundle, a timestamp or a flag may bring. */
  certificatesPerChain: 16,
  /** Certificates of which an authority of a trusted root remembers that it issued them. */
  issuedRemembered: 1024,
  certificateNames: 32,
  certificateTimestamps: 32,
  timestampBytes: 256 * KiB,
  trustedRootBytes: 4 * MiB,
  /** Logs, and authorities, of one trusted root. */
  trustedRootEntries: 256,
  /** Metadata of a TUF repository, and how many new roots one refresh follows. */
  tufMetadataBytes: 4 * MiB,
  tufRoots: 256,
  tufKeys: 256,
  /** Delegated roles that one target is looked for in. */
  tufDelegations: 32,
  lockWaitMs: 60_000,
  /** Longest wait for another process that writes to the SQLite file, and for a connection to PostgreSQL. */
  databaseWaitMs: 30_000,
  transactionAttempts: 20,
  /** A temporary file this old belongs to nobody who still writes. */
  temporaryFileMs: 86_400_000,
  jobPayloadBytes: 64 * KiB,
  pageRows: 200,
  /** Most package versions one impact query follows. */
  impactPackages: 10_000,
  timelineEvents: 2000,
  buildMs: 3_600_000,
  buildOutputs: 10_000,
  gitOutputBytes: 64 * MiB,
  gitMs: 120_000,
  /** A commit or tag, whose message is text of people. */
  gitObjectBytes: 16 * MiB,
  submoduleDepth: 8,
} as const satisfies Record<string, number>

export type LimitName = keyof typeof LIMITS

/** The longest text that is parsed at once, whoever lifts what. */
const LONGEST_TEXT = 400 * MiB

/**
 * Lifts (or lowers) the one cap that people own files beyond: lockfileBytes. To be called by the edge of the program alone, once, before anything
 * is read. In: bytes. Out: the cap that holds from now on.
 */
export function setLockfileCap(bytes: number): number {
  const cap = Math.min(Math.max(1, Math.floor(bytes)), LONGEST_TEXT)
  Object.assign(LIMITS, { lockfileBytes: cap })
  return cap
}
