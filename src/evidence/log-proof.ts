export type { LogEntry, LogProof } from '../kernel/log-proof.ts'
