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
  configBytes: 1 * MiB,
  manifestBytes: 4 * MiB,
  indexEntries: 4096,
  indexDepth: 4,
  bundleBytes: 16 * MiB,
  bundleLogEntries: 32,
  bundleSignatures: 16,
  statementSubjects: 1024,
  subjectDigests: 32,
  referrersPerDigest: 1000,
  evidencePerArtifact: 1000,
  blobBytes: 32 * GiB,
  layersPerImage: 512,
  tarEntries: 1_000_000,
  tarPathBytes: 4096,
  tarPaxBytes: 1 * MiB,
  tarUnpackedBytes: 64 * GiB,
  /** Most unpacked bytes for each packed byte, measured after the first 16 MiB. */
  inflateRatio: 1024,
  fileReadBytes: 64 * MiB,
  lockfileBytes: 128 * MiB,
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
  keyFileBytes: 64 * KiB,
  lockWaitMs: 60_000,
  buildMs: 3_600_000,
  buildOutputs: 10_000,
  gitOutputBytes: 64 * MiB,
  gitMs: 120_000,
  submoduleDepth: 8,
} as const satisfies Record<string, number>

export type LimitName = keyof typeof LIMITS
