import { describe, expect, it } from 'vitest'
import { checkText } from '../check-text.ts'
import { parseExpression, pathsIn } from './expression.ts'
import { scriptInjection } from './script-injection.ts'
import { unpinnedAction } from './unpinned-action.ts'
import { workflowPermissions } from './workflow-permissions.ts'

const WORKFLOW = '.github/workflows/ci.yml'
const SHA = 'a'.repeat(40)
const step = (line: string): string => `on: push\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - ${line}\n`

describe('unpinned-action', () => {
  it.each([
    ['uses: actions/checkout@v4', 'actions/checkout@v4'],
    ['uses: "actions/checkout@v4" # comment', '"actions/checkout@v4"'],
    ['uses: actions/checkout@main', 'actions/checkout@main'],
    ['uses: actions/checkout', 'actions/checkout'],
    [`uses: actions/checkout@${SHA.slice(1)}`, `actions/checkout@${SHA.slice(1)}`],
    [`uses: actions/checkout@v4-${SHA}`, `actions/checkout@v4-${SHA}`],
    ['uses: docker://alpine:3.20', 'docker://alpine:3.20'],
  ])('finds %s', (line, quoted) => {
    const found = checkText(unpinnedAction, WORKFLOW, step(line))
    expect(found.quoted).toEqual([quoted])
    expect(found.findings[0]).toMatchObject({
      rule: 'unpinned-action',
      severity: 'high',
      file: WORKFLOW,
      span: { startLine: 7, startColumn: 15 },
    })
  })

  it.each([
    `uses: actions/checkout@${SHA} # v4`,
    `uses: actions/checkout@${SHA.toUpperCase()}`,
    'uses: ./local',
    `uses: docker://alpine@sha256:${'b'.repeat(64)}`,
    'run: uses',
  ])('passes %s', (line) => {
    expect(checkText(unpinnedAction, WORKFLOW, step(line)).findings).toEqual([])
  })

  it('looks at reusable workflows and composite actions, and at no other YAML', () => {
    const called = 'on: push\njobs:\n  a:\n    uses: o/r/.github/workflows/x.yml@v1\n'
    expect(checkText(unpinnedAction, WORKFLOW, called).quoted).toEqual(['o/r/.github/workflows/x.yml@v1'])
    const action = 'runs:\n  using: composite\n  steps:\n    - uses: o/r@v1\n'
    expect(checkText(unpinnedAction, 'tools/action.yml', action).quoted).toEqual(['o/r@v1'])
    expect(checkText(unpinnedAction, 'other.yml', called).findings).toEqual([])
  })

  it('survives what is no workflow', () => {
    for (const text of [
      '',
      'x',
      '[]',
      'jobs: []',
      'jobs: { a: { steps: 3 } }',
      'jobs: { a: { steps: [1, null] } }',
      'jobs: { a: null }',
      'runs: { steps: {} }',
    ]) {
      expect(checkText(unpinnedAction, WORKFLOW, text).findings).toEqual([])
    }
  })
})

const permissions = (text: string): string[] =>
  checkText(workflowPermissions, WORKFLOW, text).findings.map(
    (each) => `${each.severity} ${each.span.startLine}:${each.span.startColumn} ${each.message}`,
  )

describe('workflow-permissions', () => {
  it.each([
    ['on: push\npermissions: write-all\njobs: { a: {} }\n', ['high 2:14 `write-all` gives every job the right to write everything']],
    [
      'on: push\npermissions: {}\njobs:\n  a:\n    permissions: write-all\n',
      ['high 5:18 `write-all` gives every job the right to write everything'],
    ],
    [
      'on: push\njobs:\n  a: {}\n',
      ['medium 2:1 says no permissions: where the repository or organisation still has the old default, the token may write everything'],
    ],
    ['on: push\npermissions: { contents: write }\njobs: { a: {}, b: {} }\n', ['medium 2:16 gives all 2 jobs `contents: write`']],
  ])('finds %j', (text, messages) => {
    expect(permissions(text)).toEqual(messages)
  })

  it.each([
    'on: push\npermissions: {}\njobs: { a: {} }\n',
    'on: push\npermissions: read-all\njobs: { a: {} }\n',
    'on: push\npermissions: { contents: write }\njobs: { a: {} }\n',
    'on: push\njobs: { a: { permissions: {} } }\n',
    'on: { workflow_call: {} }\njobs: { a: {} }\n',
    'on: push\npermissions: {}\njobs: { a: { permissions: { contents: write } } }\n',
  ])('passes %j', (text) => {
    expect(permissions(text)).toEqual([])
  })
})

const injected = (text: string): readonly string[] => checkText(scriptInjection, WORKFLOW, text).quoted

describe('script-injection', () => {
  it.each([
    ['run: echo "${{ github.event.issue.title }}"', ['${{ github.event.issue.title }}']],
    ['run: echo ${{github.head_ref}} ${{ github.sha }}', ['${{github.head_ref}}']],
    ["run: \"echo ${{ GitHub.Event['pull_request']['head']['ref'] }}\"", ["${{ GitHub.Event['pull_request']['head']['ref'] }}"]],
    ["run: echo ${{ format('{0}', github.event.comment.body) }}", ["${{ format('{0}', github.event.comment.body) }}"]],
    ['run: echo ${{ toJSON(github.event) }}', ['${{ toJSON(github.event) }}']],
    ["run: echo ${{ github.event.commits.*.message || 'x' }}", ["${{ github.event.commits.*.message || 'x' }}"]],
    ['run: echo ${{ github.event.commits[0].author.name }}', ['${{ github.event.commits[0].author.name }}']],
    ['run: echo ${{ github.event.client_payload.anything.at.all }}', ['${{ github.event.client_payload.anything.at.all }}']],
    ["run: echo ${{ true && github.event.issue.body || '' }}", ["${{ true && github.event.issue.body || '' }}"]],
    ['run: echo ${{ inputs.name }}', ['${{ inputs.name }}']],
  ])('finds %s', (line, expected) => {
    expect(injected(step(line))).toEqual(expected)
  })

  it.each([
    'run: echo ${{ github.sha }} ${{ secrets.X }} ${{ matrix.os }}',
    'run: echo ${{ github.event.issue.number }}',
    "run: echo ${{ github.event.issue.title == 'x' }}",
    "run: echo ${{ contains(github.event.comment.body, 'x') && 'a' || 'b' }}",
    "run: echo ${{ hashFiles(format('{0}', inputs.path)) }}",
    'run: echo ${{ !github.event.issue.title }}',
    "run: echo ${{ '}} github.event.issue.title' }}",
    'name: ${{ github.event.issue.title }}',
    'run: echo no expression github.event.issue.title',
  ])('passes %s', (line) => {
    expect(injected(step(line))).toEqual([])
  })

  it('finds the place inside a block of lines', () => {
    const text = step('run: |\n          one\n          echo ${{ github.event.issue.title }}\n          two')
    const { findings } = checkText(scriptInjection, WORKFLOW, text)
    expect(findings).toMatchObject([{ severity: 'critical', span: { startLine: 9, startColumn: 16, endLine: 9, endColumn: 47 } }])
  })

  it('looks into github-script and composite actions', () => {
    const script = `uses: actions/github-script@${SHA}\n        with: { script: "x('\${{ github.event.issue.title }}')" }`
    expect(injected(step(script))).toEqual(['${{ github.event.issue.title }}'])
    const other = script.replace('actions/github-script', 'other/action')
    expect(injected(step(other))).toEqual([])
    const action = 'runs:\n  steps:\n    - run: echo ${{ inputs.name }}\n'
    expect(checkText(scriptInjection, 'action.yml', action).findings).toMatchObject([{ severity: 'medium' }])
  })

  it('passes inputs of a type that can hold no command', () => {
    const text = step('run: echo ${{ inputs.flag }} ${{ inputs.text }}').replace(
      'on: push',
      'on: { workflow_dispatch: { inputs: { flag: { type: boolean }, text: { type: string } } } }',
    )
    expect(injected(text)).toEqual(['${{ inputs.text }}'])
  })

  it('says so when an expression cannot be read', () => {
    const { findings } = checkText(scriptInjection, WORKFLOW, step('run: echo ${{ github.event.issue.title + 1 }}'))
    expect(findings).toMatchObject([{ severity: 'medium', confidence: 'low' }])
  })
})

describe('parseExpression', () => {
  it.each([
    ['github.event.*.x', [['github', 'event', '*', 'x']]],
    ["a['b'].c[d.e]", [['a', 'b', 'c', '*']]],
    [
      'f(a.b, g(c.d))',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['(a.b)', [['a', 'b']]],
    ["'it''s' || a", [['a']]],
    ['-1.5e3', []],
    ['true', []],
  ])('%s is made of %j', (text, paths) => {
    const expression = parseExpression(text)
    expect(expression === undefined ? undefined : pathsIn(expression)).toEqual(paths)
  })

  it.each(['', 'a.', 'a b', 'f(', '"double"', 'a[', "'open", 'a + b', `${'('.repeat(100)}a${')'.repeat(100)}`, `${'a||'.repeat(5000)}a`])(
    'is not %.20j',
    (text) => {
      expect(parseExpression(text)).toBeUndefined()
    },
  )
})
