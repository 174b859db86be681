import { systemDeps } from '../../src/kernel/system.ts'
import type { Deps } from '../../src/kernel/deps.ts'

/** The real world with an empty environment (no Docker config, no home), and the log lines kept. What a test needs otherwise it overrides. */
export function testDeps(overrides: Partial<Deps> = {}): Deps & { readonly logged: string[] } {
  const logged: string[] = []
  const system = systemDeps({ log: (level, message) => logged.push(`${level}: ${message}`), signal: new AbortController().signal })
  return { ...system, env: {}, ...overrides, logged }
}
