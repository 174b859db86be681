import { FLOORS, roomsOutOfReach } from './floors.ts'

/** Rules that every file keeps. What a category turns on and does not suit this house is turned off here, each with its reason. */
const RULES = {
  'import/no-cycle': 'error',
  'import/no-default-export': 'error',
  'oxc/no-barrel-file': 'error',
  'max-lines': ['error', { max: 300, skipComments: true, skipBlankLines: true }],
  'no-empty': ['error', { allowEmptyCatch: false }],
  'no-var': 'error',
  'prefer-const': 'error',
  // Taking members out of a copy is what a rest is for.
  'no-unused-vars': [
    'error',
    { ignoreRestSiblings: true, argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
  ],
  eqeqeq: 'error',
  'typescript/no-explicit-any': 'error',
  'typescript/no-non-null-assertion': 'error',
  'typescript/ban-ts-comment': 'error',
  'typescript/no-misused-promises': 'error',
  'typescript/only-throw-error': 'error',
  'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  'typescript/return-await': ['error', 'error-handling-correctness-only'],
  'typescript/prefer-promise-reject-errors': 'error',
  // Reading and hashing go piece by piece on purpose: memory stays bounded, and order is part of the proof.
  'no-await-in-loop': 'off',
  // A name may be used again in an inner function where it means the same.
  'no-shadow': 'off',
  // Brands (Digest, Receipt, TenantId) are made by a cast after a check; that is what they are for.
  'typescript/no-unsafe-type-assertion': 'off',
  // TypeScript itself holds a function to its return type, exhaustive switches included.
  'typescript/consistent-return': 'off',
  // What terminals obey is named in our expressions so that it can be escaped.
  'no-control-regex': 'off',
  // in-toto's own member is called _type.
  'no-underscore-dangle': 'off',
  // Taste, or speed that nobody would measure: a list just made is sorted where it stands, three names need no Set.
  'unicorn/no-array-sort': 'off',
  'unicorn/prefer-set-has': 'off',
  'unicorn/consistent-function-scoping': 'off',
  'oxc/no-map-spread': 'off',
  // no-floating-promises knows more.
  'promise/always-return': 'off',
  'import/no-named-as-default-member': 'off',
  'import/no-named-as-default': 'off',
}

const TEST_FILES = ['**/*.test.ts', 'test/**/*.ts']

/** .oxlintrc.json: the floors as import restrictions for each room, and the rules of the house. */
export function lintConfig(): object {
  return {
    plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'promise', 'node'],
    categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
    options: { typeAware: true },
    env: { builtin: true, node: true },
    ignorePatterns: ['dist/**', 'coverage/**', 'web/dist/**'],
    rules: RULES,
    overrides: [
      ...FLOORS.flat().flatMap((room) => [
        { files: [`src/${room}/**/*.ts`], rules: { 'no-restricted-imports': patterns([...outOfReach(room), OUT_OF_SRC]) } },
        // Tests of a room keep the floors, and may use what test/support offers to all.
        { files: [`src/${room}/**/*.test.ts`], rules: { 'no-restricted-imports': patterns(outOfReach(room)) } },
      ]),
      { files: ['web/**/*.ts', 'web/**/*.tsx'], env: { browser: true }, rules: { 'no-restricted-imports': patterns([OUT_OF_WEB]) } },
      { files: TEST_FILES, rules: { 'typescript/no-non-null-assertion': 'off', 'max-lines': 'off' } },
      { files: ['*.config.ts', 'web/*.config.ts'], rules: { 'import/no-default-export': 'off' } },
      { files: ['**/*.cjs'], rules: { 'typescript/no-require-imports': 'off' } },
    ],
  }
}

const OUT_OF_SRC = {
  regex: '^(?:\\.\\./)+(?:web|scripts|test|bench|examples)/',
  message: 'src/ stands alone: what it needs of elsewhere is passed in.',
}
const OUT_OF_WEB = { regex: '^(?:\\.\\./)+src/', message: 'The page talks to the HTTP API only.' }

function outOfReach(room: string): readonly object[] {
  const others = roomsOutOfReach(room)
  if (others.length === 0) return []
  return [
    {
      regex: `^(?:\\.\\./)+(?:${others.join('|')})/`,
      message: `src/${room} imports from the floors below it only (scripts/floors.ts).`,
    },
  ]
}

function patterns(list: readonly object[]): unknown {
  return list.length === 0 ? 'off' : ['error', { patterns: list }]
}
