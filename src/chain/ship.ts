import { toHex } from '../kernel/bytes.ts'
import type { ImageTarget } from '../artifact/image-source.ts'
import { gitFacts } from '../build/git-facts.ts'
import type { Verdict } from '../evidence/verdict.ts'
import { judgeAt } from '../gate/judge.ts'
import { proveAt } from '../gate/prove.ts'
import type { Judgement, JudgeContext } from '../gate/judge.ts'
import type { Proof } from '../gate/prove.ts'
import { moveCurrent, promote, setRelease } from '../gate/promote.ts'
import { parseDigest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { countOf } from '../kernel/text.ts'
import { VERSION } from '../kernel/version.ts'
import type { Policy } from '../policy/document.ts'
import { verifiedLevels } from '../policy/verified-levels.ts'
import type { Signer } from '../trust/signer.ts'
import type { Trust } from '../trust/authority.ts'
import { lastEnvironment, loadPolicy, pathTo, readVersion } from './config.ts'
import type { Project } from './config.ts'
import { shippableFile, shippableImage } from './publish.ts'
import type { Shippable } from './publish.ts'
import { openRunState, runKeyOf } from './run-state.ts'
import { attachLogged, logSealed } from './seal.ts'
import type { Logged } from './seal.ts'
import type { ShipJob } from './ship-job.ts'
import { runBuild } from './steps/build.ts'
import type { Built } from './steps/build.ts'
import { runCheck } from './steps/check.ts'
import type { Checked } from './steps/check.ts'
import { runSbom } from './steps/sbom.ts'
import type { Listed } from './steps/sbom.ts'
import { runSign } from './steps/sign.ts'
import { issueVerdict } from './steps/verdict.ts'
import type { Workspace } from './workspace.ts'

export type ShipRequest = {
  readonly workspace: Workspace
  readonly project: Project
  /** The environment to reach; default: the last one. */
  readonly to?: string
  readonly signer: Signer
  readonly signerKind: 'local' | 'key'
  readonly publicKeyFile: string
  readonly trust: Trust
  readonly onBuildOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
  /** Called with the name of each boundary between two effects; tests kill the process here. */
  readonly boundary?: (step: string) => Promise<void>
}

/** An environment the artifact is in now, as `ship` left it. */
export type Arrival = {
  readonly environment: string
  readonly reference: string
  readonly tag: string | undefined
  readonly moved: boolean
  readonly at: string
}

export type ShipOutcome = {
  readonly job: ShipJob
  readonly shippable: Shippable
  readonly checked: Checked
  readonly listed: Listed
  readonly built: Built
  /** Everything this run signed, verdicts included, with its place in the log. */
  readonly logged: readonly Logged[]
  readonly arrivals: readonly Arrival[]
  readonly verdicts: readonly Issued[]
  /** The last verdict that was asked for, and the policy file it came from. */
  readonly judgement: (Judgement & { readonly policyPath: string }) | undefined
  /** What the last environment reached proves when everything is read from there again. */
  readonly proof: Proof
  readonly target: string
  /** Name of the log. */
  readonly origin: string
}

/**
 * The chain: check, SBOM, build, sign and attest, log, push to the first environment, find all again there by digest,
 * judge, and promote as far as the verdicts allow. Every step stores its result before the next begins, so a run that
 * was cut short goes on where it stood. A denied promotion is an outcome; a broken step is thrown.
 */
export async function ship(request: ShipRequest): Promise<ShipOutcome> {
  const { project, workspace } = request
  const target = request.to ?? lastEnvironment(project.config)
  const path = pathTo(project.config, target)
  const policies = new Map<string, Policy>()
  for (const environment of path) {
    const policy = await loadPolicy(workspace.deps, project, environment)
    if (policy !== undefined) policies.set(environment, policy)
  }
  const { key, prepared } = await prepare(request, target, policies)
  return await workspace.exclusively(
    `run-${key}`,
    async () => {
      const state = await openRunState(workspace.deps, `${workspace.dataDir}/runs`, key, prepared.boundary)
      return await runChain({ ...prepared, state }, path, policies)
    },
    LIMITS.buildMs,
  )
}

async function prepare(
  request: ShipRequest,
  target: string,
  policies: ReadonlyMap<string, Policy>,
): Promise<{ key: string; prepared: Omit<ShipJob, 'state'> }> {
  const { workspace, project, signer } = request
  const { deps } = workspace
  const version = await readVersion(deps, project)
  const git = await gitFacts(deps, project.dir)
  const clean = git.present && !git.dirty
  if (!git.present)
    deps.log('warn', 'this is no git repository: what is built here cannot be tied to a commit and stays in the first environment')
  else if (git.dirty) deps.log('warn', 'the tree has changes no commit describes: what is built stays in the first environment')
  const key = runKeyOf({
    commit: git.present ? git.commit : '',
    project: project.digest,
    tool: VERSION,
    policies: [...policies.values()].map((policy) => policy.digest),
    target,
    signer: signer.keyId,
    nonce: clean ? '' : toHex(deps.randomBytes(16)),
  })
  const prepared = {
    workspace,
    project,
    version,
    git,
    clean,
    created: git.present ? git.commitTime : deps.now().toISOString(),
    releaseTag: clean ? `${version}-${git.commit.slice(0, 12)}` : undefined,
    invocationId: key,
    startedAt: deps.now().toISOString(),
    signer,
    signerKind: request.signerKind,
    publicKeyFile: request.publicKeyFile,
    trust: request.trust,
    boundary: request.boundary ?? (async () => {}),
    onBuildOutput: request.onBuildOutput,
  }
  return { key, prepared }
}

async function runChain(job: ShipJob, path: readonly string[], policies: ReadonlyMap<string, Policy>): Promise<ShipOutcome> {
  const { deps } = job.workspace
  const say = (step: string, reused: boolean): void => deps.log('info', `${step}${reused ? ' (as before)' : ''}`)
  const { checked, reused: checkReused } = await runCheck(job)
  say(`check: ${checked.result.toLowerCase()}, ${countOf(checked.findings, 'finding')}`, checkReused)
  const listedBefore = job.project.config.artifact.type === 'image' ? undefined : await runSbom(job, undefined)
  const { built, reused: buildReused } = await runBuild(job)
  say(`build: ${built.file.name} ${built.file.digest.slice(0, 19)}…`, buildReused)
  const shippable =
    job.project.config.artifact.type === 'image'
      ? await shippableImage(deps, built.file.path, job.project.config.artifact.name)
      : shippableFile(deps, built.file.path, { name: built.file.name, digest: parseDigest(built.file.digest), size: built.file.size })
  const { listed, reused: sbomReused } = listedBefore ?? (await runSbom(job, shippable))
  say(`sbom: ${countOf(listed.components, 'component')}`, sbomReused)
  const { sealed, reused: signReused } = await runSign(job, shippable, checked, listed, built)
  say(`sign: ${sealed.length} statements by ${job.signer.keyId.slice(0, 16)}`, signReused)
  const logged = await logSealed(job.workspace, job.signer, sealed)
  await job.boundary('logged')

  const [first = ''] = path
  const landing = await openEnvironment(job, first)
  await shippable.push(landing.target, deps.signal)
  await job.boundary('pushed')
  await attachLogged(job.workspace, landing.target, shippable.subject, logged, job.created)
  await job.boundary('attached')
  const climbed = await climb(job, shippable, path, policies, landing)
  const proof = await proveAt(climbed.at.target, shippable.artifact, job.trust)
  return {
    job,
    shippable,
    checked,
    listed,
    built,
    logged: [...logged, ...climbed.logged],
    arrivals: climbed.arrivals,
    verdicts: climbed.verdicts,
    judgement: climbed.judgement,
    proof,
    target: path.at(-1) ?? first,
    origin: (await job.workspace.ledger()).origin,
  }
}

/** A verdict as it was issued for an environment. */
export type Issued = { readonly environment: string; readonly verdict: Verdict }

type Place = { readonly environment: string; readonly target: ImageTarget; readonly prefix: string }
type Climb = {
  readonly at: Place
  readonly arrivals: readonly Arrival[]
  readonly logged: readonly Logged[]
  readonly verdicts: readonly Issued[]
  readonly judgement: ShipOutcome['judgement']
}

async function climb(
  job: ShipJob,
  shippable: Shippable,
  path: readonly string[],
  policies: ReadonlyMap<string, Policy>,
  landing: Place,
): Promise<Climb> {
  const { deps } = job.workspace
  const arrivals: Arrival[] = []
  const logged: Logged[] = []
  const verdicts: Issued[] = []
  let judgement: ShipOutcome['judgement']
  let at = landing
  const acknowledge = async (place: Place, judged: Judgement): Promise<void> => {
    const policy = policies.get(place.environment)
    const levels = policy === undefined ? [] : verifiedLevels(judged.verdict, judged.receipts, policy)
    const issued = await issueVerdict(job, shippable, place.target, place.environment, judged.verdict, levels)
    logged.push(issued.logged)
    judgement = { ...judged, verdict: issued.verdict, policyPath: policyPathOf(job, place.environment) }
    verdicts.push({ environment: place.environment, verdict: issued.verdict })
    await job.boundary(`acknowledged:${place.environment}`)
  }
  for (const environment of path) {
    const policy = policies.get(environment)
    const context = contextOf(job, environment)
    if (environment === landing.environment) {
      const judged = policy === undefined ? undefined : await judgeAt(at.target, shippable.artifact, job.trust, policy, context)
      if (judged !== undefined) {
        await acknowledge(at, judged)
        if (judged.verdict.decision !== 'allow') return { at, arrivals, logged, verdicts, judgement }
      }
      if (job.releaseTag !== undefined) await setRelease(at.target, job.releaseTag, shippable.artifact)
      await job.boundary('released')
      arrivals.push(arrival(job, at, shippable, await moveCurrent(at.target, shippable.artifact)))
      await job.boundary('current')
      continue
    }
    if (policy === undefined)
      throw fail('config-invalid', `environment \`${environment}\` has no policy: nothing is promoted without one`, { where: 'tally.yaml' })
    const next = await openEnvironment(job, environment)
    const source = at
    if (!job.clean) {
      // Dirty or no git: judged, so that a person sees all that is missing, and never promoted.
      const judged = await judgeAt(source.target, shippable.artifact, job.trust, policy, context)
      return { at, arrivals, logged, verdicts, judgement: { ...judged, policyPath: policyPathOf(job, environment) } }
    }
    const result = await promote({
      source: source.target,
      target: next.target,
      artifact: shippable.artifact,
      trust: job.trust,
      policy,
      context,
      ...(job.releaseTag === undefined ? {} : { releaseTag: job.releaseTag }),
      acknowledge: async (judged) => await acknowledge({ ...source, environment }, judged),
      boundary: async (step) => await job.boundary(`${environment}:${step}`),
      signal: deps.signal,
    })
    if (!result.promoted) {
      await acknowledge({ ...source, environment }, result.judgement)
      return { at, arrivals, logged, verdicts, judgement }
    }
    at = next
    arrivals.push(arrival(job, at, shippable, result.moved))
  }
  return { at, arrivals, logged, verdicts, judgement }
}

async function openEnvironment(job: ShipJob, environment: string): Promise<Place> {
  const registry = job.project.config.environments[environment]?.registry ?? 'default'
  return { environment, ...(await job.workspace.environment(job.project.config.name, environment, registry)) }
}

function contextOf(job: ShipJob, _environment: string): JudgeContext {
  return { now: job.workspace.deps.now(), ...(job.git.present ? { headCommit: job.git.commit } : {}) }
}

function policyPathOf(job: ShipJob, environment: string): string {
  return job.project.config.environments[environment]?.policy ?? ''
}

function arrival(job: ShipJob, place: Place, shippable: Shippable, moved: boolean): Arrival {
  return {
    environment: place.environment,
    reference: `${place.prefix}@${shippable.artifact.digest}`,
    tag: job.releaseTag,
    moved,
    at: job.workspace.deps.now().toISOString(),
  }
}
