import { COMMAND_BUILD, LOCAL_BUILDER } from '../../build/provenance.ts'
import type { Builder } from './builder.ts'

/** `tally ship` and `tally build` on whatever machine somebody ran them (docs/provenance.md). */
export const LOCAL: readonly Builder[] = [
  {
    id: LOCAL_BUILDER,
    level: 1,
    'signed-by': [{ anyone: true }],
    'build-types': { [COMMAND_BUILD]: ['command', 'env', 'outputs', 'source'] },
  },
]
