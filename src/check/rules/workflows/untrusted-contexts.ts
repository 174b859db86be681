/**
 * Context values that whoever opens an issue, writes a comment or sends a pull request chooses freely (GitHub security lab,
 * "Untrusted input"; the webhook payloads). `*` is any one step, `**` all below.
 */
const OUTSIDERS = [
  'github.head_ref',
  'github.event.client_payload.**',
  'github.event.comment.body',
  'github.event.commits.*.author.email',
  'github.event.commits.*.author.name',
  'github.event.commits.*.committer.email',
  'github.event.commits.*.committer.name',
  'github.event.commits.*.message',
  'github.event.discussion.body',
  'github.event.discussion.title',
  'github.event.head_commit.author.email',
  'github.event.head_commit.author.name',
  'github.event.head_commit.committer.email',
  'github.event.head_commit.committer.name',
  'github.event.head_commit.message',
  'github.event.issue.body',
  'github.event.issue.title',
  'github.event.merge_group.head_commit.author.name',
  'github.event.merge_group.head_commit.message',
  'github.event.pages.*.page_name',
  'github.event.pull_request.body',
  'github.event.pull_request.head.label',
  'github.event.pull_request.head.ref',
  'github.event.pull_request.head.repo.default_branch',
  'github.event.pull_request.head.repo.description',
  'github.event.pull_request.head.repo.homepage',
  'github.event.pull_request.title',
  'github.event.review.body',
  'github.event.review_comment.body',
  'github.event.workflow_run.display_title',
  'github.event.workflow_run.head_branch',
  'github.event.workflow_run.head_commit.author.email',
  'github.event.workflow_run.head_commit.author.name',
  'github.event.workflow_run.head_commit.message',
  'github.event.workflow_run.head_repository.description',
  'github.event.workflow_run.pull_requests.*.head.ref',
].map((text) => text.split('.'))

/** Values of whoever may start or call the workflow: fewer people, the same hole. */
const CALLERS = ['inputs.**', 'github.event.inputs.**'].map((text) => text.split('.'))

export type Distrust = 'outsider' | 'caller'

/** Who chooses the value of a context path; undefined where nobody does who could misuse it. A whole object counts as what is in it. */
export function whoChooses(path: readonly string[]): Distrust | undefined {
  // The whole context or event holds everything; that is its own mistake, and shown as the worst of it.
  if (OUTSIDERS.some((pattern) => overlaps(path, pattern))) return 'outsider'
  return CALLERS.some((pattern) => overlaps(path, pattern)) ? 'caller' : undefined
}

/** Whether a path is what a pattern names, an object that holds it, or (`**`) something within it. */
function overlaps(path: readonly string[], pattern: readonly string[]): boolean {
  for (const [index, step] of path.entries()) {
    const wanted = pattern[index]
    if (wanted === '**') return true
    // A text has no members: a longer path than the pattern is nothing it names.
    if (wanted === undefined) return false
    if (wanted !== '*' && step !== '*' && wanted !== step) return false
  }
  return true
}
