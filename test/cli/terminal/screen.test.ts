import t from 'tap'
import { openScreen } from '../../../cli/terminal/screen.ts'

t.test('a screen is left as it was found, once', async (t) => {
  let written = ''
  const screen = openScreen({ write: (text) => void (written += text.toString()) })
  t.match(written, '\u001b[?1049h')
  screen.draw(['first', 'second'])
  t.match(written, 'first\u001b[K\r\nsecond\u001b[K\u001b[J')
  written = ''
  screen.close()
  t.match(written, /\?25h.*\?1049l$/, 'the cursor is shown again, and the scroll-back is back')
  written = ''
  screen.close()
  screen.draw(['late'])
  t.equal(written, '')
})
