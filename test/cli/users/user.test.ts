import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runCommandLine } from '../../../src/cli/command-line.ts'
import { withKeptUsers } from '../../../src/cli/users/kept-users.ts'
import { password, startUserPlant, type UserPlant, userCertificate, withUsers } from '../../kit/user-plant.ts'
import { plantFile } from '../../plant/change-plants.ts'
import { type Recorded, recordedTerminal } from '../recorded-terminal.ts'

const files = { 'plant.yaml': plantFile.replace('operate', 'none') }

/** Runs a command with what is typed on the terminal and written to standard input. */
async function run(
  args: readonly string[],
  environment: Record<string, string> = {},
  typed: { readonly secrets?: readonly string[]; readonly line?: string } = {},
): Promise<Recorded & { readonly asked: readonly string[] }> {
  const terminal = recordedTerminal(environment)
  const secrets = [...(typed.secrets ?? [])]
  const asked: string[] = []
  const askSecret = async (question: string): Promise<string | undefined> => {
    asked.push(question)
    return secrets.shift()
  }
  const input = {
    ...(typed.secrets ? { askSecret } : {}),
    ...(typed.line === undefined ? {} : { readLine: async () => typed.line }),
  }
  const code = await runCommandLine(['user', ...args], { ...terminal, ...input })
  return { code, ...terminal.written, asked }
}

/** The rows of a listing, as `name|roles|logs in with|state|description`. */
function rowsOf({ out }: Recorded): readonly string[] {
  return out
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/ {2,}/).join('|'))
}

describe('millrace user, while the plant does not run', function () {
  this.timeout(60_000)
  let folder: string
  const at = (...args: string[]) => [...args, '--data', join(folder, 'data'), '--certificates', join(folder, 'certs')]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-user-cli-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('adds users before the first start, changes and removes them', async () => {
    const secret = { MILLRACE_PASSWORD: password }
    const added = await run(
      at('add', 'ada', '--roles', 'Operator,SecurityAdmin', '--description', 'night shift'),
      secret,
    )
    expect(added).to.include({ code: 0, out: 'ada was added\n' })
    expect((await run(at('add', 'bob', '--must-change'), {}, { line: 'another horse' })).code).to.equal(2)
    expect(
      (await run(at('add', 'bob', '--must-change', '--password-stdin'), {}, { line: 'another horse' })).code,
    ).to.equal(0)
    const typed = await run(at('add', 'eve', '--roles', 'Observer', 'Engineer'), {}, { secrets: [password, password] })
    expect(typed.asked).to.deep.equal(['New password of eve: ', 'Once more: '])
    expect(rowsOf(await run(at('list')))).to.deep.equal([
      'ada|Operator, SecurityAdmin|password|enabled|night shift',
      'bob|-|password|must change password',
      'eve|Observer, Engineer|password|enabled',
    ])
    expect(await run(at('roles', 'eve', 'Supervisor'))).to.include({ code: 0, out: 'eve has Supervisor\n' })
    expect(await run(at('roles', 'eve'))).to.include({ code: 0, out: 'eve has no role\n' })
    expect(await run(at('disable', 'eve'))).to.include({ code: 0, out: 'eve is disabled\n' })
    expect(await run(at('remove', 'bob'))).to.include({ code: 0, out: 'bob was removed\n' })
    expect(await run(at('passwd', 'eve'), { MILLRACE_NEW_PASSWORD: 'third horse' })).to.include({ code: 0 })
    expect(rowsOf(await run(at('list')))).to.deep.equal([
      'ada|Operator, SecurityAdmin|password|enabled|night shift',
      'eve|-|password|disabled',
    ])
    await run(at('enable', 'eve'))
    await withUsers(join(folder, 'data'), async (users) => {
      expect(await users.check('ada', password)).to.equal(true)
      expect(await users.check('eve', 'third horse')).to.equal(true)
    })
  })

  it('adds a user with a certificate, which is trusted from then on', async () => {
    const { certificate, thumbprint } = await userCertificate('Ada')
    const file = join(folder, 'ada.der')
    await writeFile(file, certificate)
    expect((await run(at('add', 'ada', '--roles', 'Engineer', '--certificate', file))).code).to.equal(0)
    const [listed] = JSON.parse((await run(at('list', '--json'))).out)
    expect(listed).to.deep.include({ name: 'ada', roles: ['Engineer'], certificate: thumbprint, isEnabled: true })
    const missing = await run(at('add', 'bob', '--certificate', join(folder, 'none.pem')))
    expect([missing.code, missing.err]).to.deep.equal([69, missing.err])
    expect(missing.err).to.match(/^error: file-unreadable .*none\.pem/)
  })

  it('refuses what makes no sense in one line, and changes nothing', async () => {
    await run(at('add', 'ada', '--roles', 'SecurityAdmin'), { MILLRACE_PASSWORD: password })
    const refusals: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['add', 'ada'], 1, /^error: user-exists/],
      [['add', 'job:1'], 1, /^error: user-invalid/],
      [['add', 'bob', '--roles', 'Root'], 2, /^error: 'Root' is no role; there are Observer/],
      [['roles', 'ada', 'Operator'], 1, /^error: user-protected/],
      [['remove', 'ada'], 1, /^error: user-protected/],
      [['disable', 'ada'], 1, /^error: user-protected/],
      [['remove', 'nobody'], 1, /^error: user-unknown/],
      [['passwd', 'nobody'], 1, /^error: user-unknown/],
    ]
    for (const [args, code, err] of refusals) {
      const refused = await run(at(...args), { MILLRACE_PASSWORD: password })
      expect(refused.code, args.join(' ')).to.equal(code)
      expect(refused.err, args.join(' ')).to.match(err)
    }
    const short = await run(at('passwd', 'ada'), { MILLRACE_NEW_PASSWORD: 'short' })
    expect(short.err).to.match(/^error: user-invalid the password of ada has 5 characters/)
    const differ = await run(at('passwd', 'ada'), {}, { secrets: [password, 'other horse'] })
    expect([differ.code, differ.err]).to.deep.equal([
      2,
      'error: the passwords differ; type the same one twice\n(--help tells what is known)\n',
    ])
    expect(rowsOf(await run(at('list')))).to.deep.equal(['ada|SecurityAdmin|password|enabled'])
  })

  it('makes no database but for a user that is added', async () => {
    for (const args of [['list'], ['remove', 'ada']]) {
      const refused = await run(at(...args))
      expect(refused.code).to.equal(69)
      expect(refused.err).to.match(/^error: file-unreadable there is no .*meta\.db/)
    }
  })

  it('never shows a password', async () => {
    const secret = { MILLRACE_PASSWORD: 'very secret horse' }
    const shown = [
      await run(at('add', 'ada', '--roles', 'SecurityAdmin'), secret),
      await run(at('add', 'ada'), secret),
      await run(at('list', '--json')),
      await run(at('passwd', 'ada'), { MILLRACE_NEW_PASSWORD: 'very secret horse' }),
    ]
    expect(JSON.stringify(shown)).not.to.include('very secret')
    const audited = recordedTerminal()
    await runCommandLine(['audit', '--data', join(folder, 'data'), '--json'], audited)
    const entries = JSON.parse(audited.written.out) as { user: string; action: string; target: string }[]
    expect(entries.map(({ action, target }) => `${action} ${target}`)).to.deep.equal(['user ada', 'user ada'])
    expect(entries[0]?.user).to.match(/^local:/)
  })
})

describe('millrace user, while the plant runs', function () {
  this.timeout(120_000)
  let plant: UserPlant
  const as = (user: string, ...args: string[]) => [
    ...[...args, '--url', plant.plant.urls[0]!, '--user', user, '--certificates', plant.certificatesFolder],
  ]
  const login = { MILLRACE_PASSWORD: password }

  before(async () => {
    plant = await startUserPlant(files, [
      { name: 'admin', password, roles: ['SecurityAdmin'] },
      { name: 'operator', password, roles: ['Operator'] },
    ])
  })
  after(() => plant.stop())

  it('does the same over OPC UA', async () => {
    const added = await run(as('admin', 'add', 'ada', '--roles', 'Observer', 'Engineer', '--description', 'night'), {
      ...{ ...login, MILLRACE_NEW_PASSWORD: 'another horse' },
    })
    expect(added).to.include({ code: 0, out: 'ada was added\n' })
    const { certificate } = await userCertificate('Grace')
    const file = join(plant.data, 'grace.der')
    await writeFile(file, certificate)
    const certified = await run(as('admin', 'add', 'grace', '--roles', 'Supervisor', '--certificate', file), login)
    expect(certified).to.include({ code: 0, out: 'grace was added\n' })
    const rows = rowsOf(await run(as('admin', 'list'), login))
    expect(rows.map((row) => row.replace(/[0-9a-f]{12}/, 'certificate'))).to.deep.equal([
      'ada|Observer, Engineer|password|enabled|night',
      'admin|SecurityAdmin|password|enabled',
      'grace|Supervisor|certificate|enabled',
      'operator|Operator|password|enabled',
    ])
    expect((await run(as('admin', 'roles', 'ada', 'Operator', 'Engineer'), login)).code).to.equal(0)
    expect((await run(as('admin', 'roles', 'grace', 'Observer'), login)).code).to.equal(0)
    expect((await run(as('admin', 'disable', 'grace'), login)).code).to.equal(0)
    const passwd = await run(as('admin', 'passwd', 'ada'), { ...login, MILLRACE_NEW_PASSWORD: 'third horse' })
    expect(passwd).to.include({ code: 0, out: 'ada has another password\n' })
    const again = rowsOf(await run(as('admin', 'list'), login))
    expect(again[0]).to.equal('ada|Operator, Engineer|password|enabled|night')
    expect(again[2]).to.match(/^grace\|Observer\|[0-9a-f]{12}\|disabled$/)
    expect((await run(as('admin', 'remove', 'ada'), login)).code).to.equal(0)
    expect((await run(as('admin', 'remove', 'grace'), login)).code).to.equal(0)
  })

  it('lets everybody change the own password, and nobody without the role anything else', async () => {
    const changed = await run(as('operator', 'passwd', 'operator'), {
      ...login,
      MILLRACE_NEW_PASSWORD: 'another horse',
    })
    expect(changed).to.include({ code: 0, out: 'operator has another password\n' })
    const now = { MILLRACE_PASSWORD: 'another horse', MILLRACE_NEW_PASSWORD: password }
    expect((await run(as('operator', 'passwd', 'operator'), now)).code).to.equal(0)
    for (const args of [['list'], ['remove', 'admin'], ['add', 'eve'], ['roles', 'operator', 'SecurityAdmin']]) {
      const refused = await run(as('operator', ...args), { ...login, MILLRACE_NEW_PASSWORD: 'another horse' })
      expect(refused.err, args.join(' ')).to.match(/^error: permission-missing/)
    }
    const wrong = await run(as('admin', 'list'), { MILLRACE_PASSWORD: 'wrong horse' })
    expect(wrong.err).to.match(/^error: login-refused/)
  })

  it('keeps nothing of a user whose roles are refused, and says what is wrong', async () => {
    const refused = await run(as('admin', 'add', 'admin'), { ...login, MILLRACE_NEW_PASSWORD: 'another horse' })
    expect(refused.err).to.match(/^error: user-exists/)
    const last = await run(as('admin', 'roles', 'admin', 'Observer'), login)
    expect(last.err).to.match(/^error: user-protected/)
    expect((await run(as('admin', 'disable', 'admin'), login)).err).to.match(/^error: user-protected/)
    expect(rowsOf(await run(as('admin', 'list'), login))[0]).to.equal('admin|SecurityAdmin|password|enabled')
  })

  it('says what to do, when the database is asked for instead', async () => {
    const refused = await run(['list', '--data', plant.data])
    expect(refused.code).to.equal(69)
    expect(refused.err).to.match(/^error: database-locked .*meta\.db is in use, so the plant runs; ask it, with --user/)
    const book = withKeptUsers(
      { data: plant.data, certificatesFolder: plant.certificatesFolder, mayMake: true },
      recordedTerminal(),
      async () => 'opened',
    )
    expect(await book.catch(() => 'refused')).to.equal('refused')
  })
})
