import { Argument, Command, Option } from 'commander'
import t from 'tap'
import { complete } from '../../../cli/completion/complete.ts'

function createProgram(): Command {
  const program = new Command('rollcall').description('a program')
  program
    .command('resolve')
    .description('name one')
    .argument('<name>')
    .option('--zone <zone>', 'only this zone')
    .option('--json', 'as JSON')
    .addOption(new Option('--format <format>', 'how').choices(['hex', 'ascii']))
    .addOption(new Option('--old').hideHelp())
    .option('-F, --from <file>', 'a file')
  const key = program.command('key').description('keys')
  key.command('new').description('a new one')
  key.command('rotate').addArgument(new Argument('<step>').choices(['add', 'drop']))
  program.command('hidden', { hidden: true })
  return program
}

function values(...words: string[]): string[] {
  return complete(createProgram(), words).candidates.map(({ value }) => value)
}

t.test('commands are completed, those in commands as well, and hidden ones are not', async (t) => {
  t.same(values(''), ['resolve', 'key', 'help'])
  t.same(values('re'), ['resolve'])
  t.same(values('key', 'n'), ['new'])
  t.same(complete(createProgram(), ['res']).candidates, [{ value: 'resolve', description: 'name one' }])
})

t.test('options are completed by what they begin with', async (t) => {
  t.same(values('resolve', '--'), ['--zone', '--json', '--format', '--from', '--help'])
  t.same(values('resolve', 'web', '--js'), ['--json'])
  t.same(values('resolve', '-F'), ['-F'])
})

t.test('the value of an option is no argument', async (t) => {
  t.same(values('resolve', '--format', ''), ['hex', 'ascii'])
  t.same(values('resolve', '--format', 'a'), ['ascii'])
  t.equal(complete(createProgram(), ['resolve', '--zone', '']).wants, 'NOTHING')
  t.equal(complete(createProgram(), ['resolve', '--zone', 'eu', '']).wants, 'SERVICE_NAME')
  t.equal(complete(createProgram(), ['resolve', '--json', '']).wants, 'SERVICE_NAME')
  t.equal(complete(createProgram(), ['resolve', 'web', '']).wants, 'NOTHING')
})

t.test('files and the choices of an argument', async (t) => {
  t.equal(complete(createProgram(), ['resolve', '--from', '']).wants, 'FILE')
  t.same(values('key', 'rotate', ''), ['add', 'drop'])
})
