import t from 'tap'
import { formatTable } from '../../../cli/terminal/table.ts'
import { printable } from '../../../cli/terminal/terminal.ts'

t.test('columns are as wide as their widest cell, and no line ends in blanks', async (t) => {
  const lines = formatTable(
    ['NAME', 'STATE'],
    [
      ['answer', 'alive'],
      ['web', ''],
    ],
  )
  t.same(lines, ['NAME    STATE', 'answer  alive', 'web'])
})

t.test('colours take no room', async (t) => {
  const [, coloured, plain] = formatTable(
    ['STATE', 'NEXT'],
    [
      ['\u001b[32malive\u001b[39m', 'x'],
      ['alive', 'x'],
    ],
  )
  t.equal(coloured, '\u001b[32malive\u001b[39m  x')
  t.equal(plain, 'alive  x')
})

t.test('a row that is too short is filled up', async (t) => {
  t.same(formatTable(['A', 'B', 'C'], [['1']]), ['A  B  C', '1'])
})

t.test('text from elsewhere cannot steer the terminal', async (t) => {
  t.equal(printable('\u001b[2Jgone\r\n'), '\\x1b[2Jgone\\x0d\\x0a')
  t.equal(printable('a\u0085b\tc'), 'a\\x85b  c')
  t.equal(printable('Straße 东京'), 'Straße 东京')
})
