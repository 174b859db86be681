import type { Rule } from '../rule.ts'
import { rootUser } from './dockerfile/root-user.ts'
import { unpinnedImage } from './dockerfile/unpinned-image.ts'
import { lockfileIntegrity } from './packages/lockfile-integrity.ts'
import { secret } from './secrets/secret.ts'
import { scriptInjection } from './workflows/script-injection.ts'
import { unpinnedAction } from './workflows/unpinned-action.ts'
import { workflowPermissions } from './workflows/workflow-permissions.ts'

/** Every rule, by family and name. A new rule is its file and its line here. */
export const RULES: readonly Rule[] = [
  rootUser,
  unpinnedImage,
  lockfileIntegrity,
  secret,
  scriptInjection,
  unpinnedAction,
  workflowPermissions,
]
