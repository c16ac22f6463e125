import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

/** What the banner tells. */
export interface BannerFacts {
  readonly plant: string
  readonly isDemo: boolean
  readonly urls: readonly string[]
  readonly access: readonly string[]
  /** A login that was made at this start, and is never shown again. */
  readonly firstLogin?: { readonly user: string; readonly password: string } | undefined
}

/** What a user sees once a plant runs: where it is reached, what may be done without a login, and the next three things to type. */
export function bannerOf(
  { plant, isDemo, urls, access, firstLogin }: BannerFacts,
  { invocation }: Pick<Terminal, 'invocation'>,
): string {
  const next = isDemo
    ? [
        [`${invocation} init my-plant`, 'write a plant of your own'],
        [`${invocation} validate my-plant`, 'check it'],
        [`${invocation} my-plant`, 'run it'],
      ]
    : [
        [`${invocation} list functions`, 'what a step can do'],
        [`${invocation} describe PT1`, 'its ports, units, limits and an example'],
        [`${invocation} validate`, 'check the folder you are in'],
      ]
  return [
    `\nMillrace runs the ${isDemo ? 'demo plant' : `plant ${plant}`}. Connect an OPC UA client to\n`,
    ...urls.map((url) => `  ${url}\n`),
    '\nWithout a login:\n',
    ...(access.length > 0 ? access : ['nothing']).map((line) => `  ${line}\n`),
    ...(firstLogin ? firstLines(firstLogin, invocation) : []),
    '\nNext, type\n',
    table(next, '  '),
    '\nCtrl-C stops it.\n\n',
  ].join('')
}

function firstLines(
  login: { readonly user: string; readonly password: string },
  invocation: string,
): readonly string[] {
  return [
    '\nWith a login, made now and shown this once:\n',
    table(
      [
        ['user', login.user],
        ['password', login.password],
      ],
      '  ',
    ),
    `  it administers plant and users; another password: ${invocation} user passwd ${login.user}\n`,
  ]
}
