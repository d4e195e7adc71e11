// The page in a real browser (Chromium from Debian, driven by playwright-core) over a real daemon. With PAGE_SCREENSHOTS set the last
// test writes the screenshots of the README.

import type { BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import t from 'tap'
import { requireTool } from '../fixtures/require-tool.ts'
import { openBrowser, visit } from './page-browser.ts'
import type { PageFleet, Said } from './page-fleet.ts'
import { openPageFleet } from './page-fleet.ts'

const hasBrowser = requireTool(t, 'chromium', 'chromium')
const browser = hasBrowser ? await openBrowser() : undefined
t.teardown(() => browser?.close())

interface Scene {
  readonly t: Test
  readonly fleet: PageFleet
  readonly page: Page
}

/** A test with a fleet and a page that looks at it; whatever the page complains of fails it. */
function pageTest(name: string, options: BrowserContextOptions, play: (scene: Scene) => Promise<void>): void {
  if (!browser) return
  void t.test(name, async (t) => {
    const fleet = await openPageFleet(t)
    const { page, faults } = await visit(t, browser, fleet.url, options)
    await play({ t, fleet, page })
    t.same(faults, [], 'the page complains of nothing, and asks no other host')
  })
}

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

function rowOf(page: Page, id: string) {
  return page.getByRole('row').filter({ has: page.getByText(id, { exact: true }) })
}

async function countRows(page: Page): Promise<number> {
  return page.getByRole('row').count()
}

pageTest(
  'an instance is shown after its start, with what it says, and leaves when it is killed',
  {},
  async ({ t, fleet, page }) => {
    await page.getByText('Nobody is on the roll.').waitFor()
    const member = fleet.start('web', 'web-1', {
      zone: 'eu-1a',
      version: '1.4.2',
      tags: ['canary'],
      load: 0.25,
      inflight: 3,
    })
    const row = rowOf(page, 'web-1')
    await row.getByText('Alive').waitFor()
    await row.getByText('0.25').waitFor()
    const text = await row.innerText()
    for (const said of ['http://10.0.0.1:8080', 'eu-1a', '1.4.2', 'canary', 's']) t.ok(text.includes(said), said)
    member.say({ status: 'draining', version: '1.5.0' })
    await row.getByText('Draining').waitFor()
    await row.getByText('1.5.0').waitFor()
    await member.kill()
    await row.waitFor({ state: 'detached' })
    const changes = page.getByRole('region', { name: 'Changes' })
    await changes.getByText('left', { exact: true }).waitFor()
    const told = await changes.getByRole('listitem').allInnerTexts()
    t.match(told.at(-1), /web-1[^]*joined[^]*http:\/\/10\.0\.0\.1:8080/, 'newest first')
    t.match(told[0], /web-1[^]*left/)
    t.ok(
      told.some((line) => line.includes('1.4.2 → 1.5.0')),
      'what was different is said',
    )
  },
)

pageTest('the last rounds are a time line that can be read by keys', {}, async ({ t, fleet, page }) => {
  const member = fleet.start('web', 'web-1')
  const round = page.getByRole('slider', { name: 'Round' })
  await rowOf(page, 'web-1').waitFor()
  await page.getByText(/Round .* asked 1, 1 answer in/).waitFor()
  await round.focus()
  await page.keyboard.press('Home')
  const first = Number(await round.getAttribute('aria-valuenow'))
  await page.keyboard.press('ArrowRight')
  t.equal(Number(await round.getAttribute('aria-valuenow')), first + 1)
  t.match(await round.getAttribute('aria-valuetext'), /^Round \d+ at \d\d:\d\d:\d\d: asked /)
  const missing = page.locator('.bar-missing')
  t.equal(await missing.getAttribute('d'), '')
  member.hang()
  await page.locator('.bar-missing[d^="M"]').waitFor({ state: 'attached' })
})

pageTest('a search and a condition narrow the roll, and stand in the address', {}, async ({ t, fleet, page }) => {
  fleet.start('web', 'web-1', { zone: 'eu-1a' })
  fleet.start('web', 'web-2', { zone: 'eu-1b', status: 'warning' })
  fleet.start('mail', 'mail-1', { zone: 'eu-1a' })
  for (const id of ['web-1', 'web-2', 'mail-1']) await rowOf(page, id).waitFor()
  const search = page.getByRole('searchbox')
  await search.fill('zone:eu-1a web')
  await rowOf(page, 'web-2').waitFor({ state: 'detached' })
  t.equal(await rowOf(page, 'web-1').count(), 1)
  t.equal(await rowOf(page, 'mail-1').count(), 0)
  t.match(page.url(), /#q=zone/)
  await search.fill('nobody like this')
  await page.getByRole('button', { name: 'Show everyone' }).click()
  await rowOf(page, 'mail-1').waitFor()
  const warning = page.getByRole('button', { name: /^Warning/ })
  await warning.click()
  t.equal(await warning.getAttribute('aria-pressed'), 'true')
  await rowOf(page, 'web-1').waitFor({ state: 'detached' })
  t.equal(await rowOf(page, 'web-2').count(), 1)
  await page.reload()
  await rowOf(page, 'web-2').waitFor()
  t.equal(await rowOf(page, 'web-1').count(), 0, 'a link to it shows the same')
})

pageTest('everything can be done by keyboard', {}, async ({ t, fleet, page }) => {
  for (const id of ['web-1', 'web-2', 'web-3']) fleet.start('web', id)
  for (const id of ['web-1', 'web-2', 'web-3']) await rowOf(page, id).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('web-2')
  await rowOf(page, 'web-1').waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await rowOf(page, 'web-1').waitFor()
  const isFocused = async () => (await page.evaluate('document.activeElement?.getAttribute("role")')) === 'treegrid'
  for (let presses = 0; presses < 20 && !(await isFocused()); presses += 1) await page.keyboard.press('Tab')
  t.equal(await isFocused(), true, 'the table is reached by Tab')
  const activeText = async () =>
    page.evaluate('document.getElementById(document.activeElement.getAttribute("aria-activedescendant")).innerText')
  await page.keyboard.press('Home')
  t.match(await activeText(), /^web\b/)
  await page.keyboard.press('ArrowLeft')
  await rowOf(page, 'web-1').waitFor({ state: 'detached' })
  await page.keyboard.press('ArrowRight')
  await rowOf(page, 'web-1').waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  t.match(await activeText(), /^web-2/)
  await page.keyboard.press('Enter')
  const detail = page.getByRole('region', { name: 'web-2' })
  await detail.locator('h2:focus').waitFor()
  await page.keyboard.press('Escape')
  await detail.waitFor({ state: 'detached' })
  await page.locator('[role=treegrid]:focus').waitFor()
})

pageTest('one instance in detail: what it says, and what became of it', {}, async ({ t, fleet, page }) => {
  const member = fleet.start('web', 'web-1', {
    zone: 'eu-1a',
    version: '1.4.2',
    weight: 10,
    meta: { commit: 'abc123' },
  })
  await rowOf(page, 'web-1').click()
  const detail = page.getByRole('region', { name: 'web-1' })
  for (const said of ['eu-1a', '1.4.2', '10', 'abc123', 'Round trip', 'Last answer']) {
    await detail.getByText(said, { exact: true }).waitFor()
  }
  t.match(page.url(), /#instance=web%2Fweb-1/)
  member.say({ version: '1.5.0' })
  await detail.getByText('version 1.4.2 → 1.5.0').waitFor()
  await member.kill()
  await detail.getByText('It is not on the roll.').waitFor()
  await page.goBack()
  await detail.waitFor({ state: 'detached' })
})

/** What makes the page wider than the screen; what scrolls or is cut off within something else does not. */
const findWide = `(() => {
  const { scrollWidth } = document.documentElement
  if (scrollWidth <= 390) return []
  const wide = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > 391)
  return wide.map((element) => scrollWidth + ' ' + element.outerHTML.slice(0, 200))
})()`

pageTest('on a phone everything is there, and nothing is wider than the screen', phone, async ({ t, fleet, page }) => {
  const meta = { commit: 'abc123' }
  fleet.start('a-service-with-a-name-of-some-length', 'an-instance-with-an-id-that-goes-on-and-on-and-on-and-on-1', {
    meta,
  })
  fleet.start('web', 'web-1', { zone: 'eu-1a', version: '1.4.2', meta })
  const row = rowOf(page, 'web-1')
  await row.getByText('eu-1a').waitFor()
  t.same(await page.evaluate(findWide), [])
  await row.tap()
  const sheet = page.getByRole('region', { name: 'web-1' })
  await sheet.getByText('abc123').waitFor()
  t.same(await page.evaluate(findWide), [])
  await sheet.getByRole('button', { name: 'Close' }).tap()
  await sheet.waitFor({ state: 'detached' })
  await page.getByRole('searchbox').fill('web')
  await rowOf(page, 'an-instance-with-an-id-that-goes-on-and-on-and-on-and-on-1').waitFor({ state: 'detached' })
})

pageTest(
  'a lost daemon is said to be lost, and what was known stays, until it is back',
  {},
  async ({ t, fleet, page }) => {
    fleet.start('web', 'web-1', { zone: 'eu-1a' })
    const row = rowOf(page, 'web-1')
    await row.waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    await fleet.stopDaemon()
    await page.getByText(/^The daemon is lost since \d\d:\d\d:\d\d$/).waitFor()
    await page.locator('.is-stale').waitFor()
    t.equal(await row.count(), 1, 'the last that was known is shown')
    await fleet.startDaemon()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByText(/^The daemon restarted at/).waitFor()
    await page.locator('.is-stale').waitFor({ state: 'detached' })
    await row.getByText('Alive').waitFor()
    fleet.start('web', 'web-2')
    await rowOf(page, 'web-2').waitFor()
  },
)

pageTest(
  '1,000 instances: as few rows as can be seen are drawn, and each can be reached',
  {},
  async ({ t, fleet, page }) => {
    const many = Array.from({ length: 1_000 }, (_, at) => ({
      service: `service-${at % 10}`,
      id: `instance-${at}`,
      address: `tcp://10.0.${at >> 8}.${at & 255}:8080`,
      version: '1.0.0',
    }))
    const members = fleet.startMany(many)
    await page.getByRole('button', { name: 'All 1,000' }).waitFor()
    const table = page.getByRole('treegrid')
    t.equal(await table.getAttribute('aria-rowcount'), '1011')
    t.ok((await countRows(page)) < 80)
    await table.focus()
    await page.keyboard.press('End')
    await rowOf(page, 'instance-999').waitFor()
    t.ok((await countRows(page)) < 80)
    t.equal(await rowOf(page, 'instance-0').count(), 0)
    // All of them at once: one change each, and the page keeps up.
    members.say({ version: '2.0.0' })
    await rowOf(page, 'instance-999').getByText('2.0.0').waitFor()
    await page.getByRole('searchbox').fill('version:2.0.0 instance-500')
    await rowOf(page, 'instance-500').waitFor()
    await page.getByRole('searchbox').fill('version:1.0.0')
    await page.getByText('Nobody on the roll is like that.').waitFor()
    await page.getByRole('searchbox').fill('')
    await members.kill()
    await page.getByText('Nobody is on the roll.').waitFor()
  },
)

pageTest('light or dark as the system has it, or as is chosen, also the next time', {}, async ({ t, page }) => {
  const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
  await page.emulateMedia({ colorScheme: 'light' })
  const light = await ground()
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await ground()
  t.not(light, dark)
  const button = page.getByRole('button', { name: /^Colours/ })
  await button.click()
  t.equal(await ground(), light)
  await page.reload()
  await button.waitFor()
  t.equal(await ground(), light)
  await button.click()
  await page.emulateMedia({ colorScheme: 'light' })
  t.equal(await ground(), dark)
})

if (browser) {
  void t.test('nothing runs in the page and nobody is asked by it beside its own', async (t) => {
    const fleet = await openPageFleet(t)
    const { page, faults } = await visit(t, browser, fleet.url)
    await page.getByText('Nobody is on the roll.').waitFor()
    t.same(faults, [])
    await t.rejects(page.addScriptTag({ content: 'globalThis.isIntruder = true' }))
    t.equal(await page.evaluate('globalThis.isIntruder === undefined'), true)
    await t.rejects(page.evaluate('fetch("http://127.0.0.2:9/")'))
    t.ok(faults.length >= 2, 'both are told of')
    for (const fault of faults) t.match(fault, /Content Security Policy/)
  })
}

if (browser) {
  void t.test('a daemon that wants a token is shown the one that people give', async (t) => {
    const fleet = await openPageFleet(t, { httpToken: 'open-sesame' })
    fleet.start('web', 'web-1')
    const { page } = await visit(t, browser, fleet.url)
    const field = page.getByLabel('Token')
    await field.fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByText('The daemon does not take the token that it was shown.').waitFor()
    t.equal(await rowOf(page, 'web-1').count(), 0)
    await field.fill('open-sesame')
    await page.getByRole('button', { name: 'Show the roll' }).click()
    await rowOf(page, 'web-1')
      .getByText(/\d [µm]?s/)
      .waitFor()
    await page.reload()
    await rowOf(page, 'web-1').waitFor()
  })
}

const zones = ['eu-1a', 'eu-1b', 'eu-1c'] as const

/** A fleet as it looks on an ordinary day, with something of everything. */
function startSample(fleet: PageFleet): void {
  const services = { answer: 3, checkout: 3, search: 2, web: 4 }
  const odd: Readonly<Record<string, Said>> = {
    'checkout-3': { status: 'warning', load: 0.93 },
    'search-2': { status: 'draining', load: 0.02 },
    'web-4': { version: '1.5.0', tags: ['canary'] },
  }
  let at = 0
  for (const [service, count] of Object.entries(services)) {
    for (let number = 1; number <= count; number += 1) {
      at += 1
      const id = `${service}-${number}`
      const address = `http://10.0.${at % 3}.${10 + at}:8080`
      const usual = {
        address,
        zone: zones[at % 3],
        version: '1.4.2',
        load: ((at * 37) % 60) / 100 + 0.1,
        inflight: at % 4,
      }
      fleet.start(service, id, { ...usual, meta: { commit: 'a1b2c3d' }, ...odd[id] })
    }
  }
}

/** Contrast of every text with what is behind it; gives those below what WCAG 2.2 asks of small text (1.4.3). */
const findFaint = `(() => {
  const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true })
  const paint = (...colours) => {
    context.clearRect(0, 0, 1, 1)
    for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1) }
    return [...context.getImageData(0, 0, 1, 1).data]
  }
  const grounds = (element) => element ? [...grounds(element.parentElement), getComputedStyle(element).backgroundColor] : []
  const luminance = ([...rgb]) => {
    const [red, green, blue] = rgb.slice(0, 3).map((part) => part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const texts = [...document.querySelectorAll('body *')].filter((element) =>
    element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
  return texts.flatMap((element) => {
    const behind = grounds(element)
    const [one, other] = [luminance(paint(...behind)), luminance(paint(...behind, getComputedStyle(element).color))].sort((a, b) => b - a)
    const ratio = (one + 0.05) / (other + 0.05)
    return ratio < 4.5 ? [element.className + ' ' + element.textContent + ' ' + ratio.toFixed(2)] : []
  }).concat(texts.length < 50 ? ['only ' + texts.length + ' texts were looked at'] : [])
})()`

pageTest(
  'every text stands out from its ground, in both themes, and when the daemon is lost',
  {},
  async ({ t, fleet, page }) => {
    startSample(fleet)
    await page.getByRole('button', { name: 'All 12' }).waitFor()
    await rowOf(page, 'web-2').click()
    await page.getByRole('region', { name: 'web-2' }).getByText('Round trip').waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      t.same(await page.evaluate(findFaint), [], colorScheme)
    }
    await fleet.stopDaemon()
    await page.locator('.is-stale').waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      t.same(await page.evaluate(findFaint), [], `${colorScheme}, lost`)
    }
  },
)

/** Where the README looks for them. */
const screenshots = 'discovery/page/screenshots'

/** On demand alone: a picture differs from machine to machine, and with every run. */
const isPhotographed = process.env['PAGE_SCREENSHOTS'] !== undefined

if (browser && isPhotographed) {
  void t.test('the screenshots of the README', async (t) => {
    // At the pace of a real fleet, with what a minute brings.
    const fleet = await openPageFleet(t, { intervalMs: 1_000, zone: 'eu-1a' })
    startSample(fleet)
    const { page } = await visit(t, browser, fleet.url, { viewport: { width: 1_280, height: 860 } })
    const small = await visit(t, browser, fleet.url, { ...phone, deviceScaleFactor: 2 })
    await page.getByRole('button', { name: 'All 12' }).waitFor()
    const web = fleet.start('web', 'web-5', {
      zone: 'eu-1b',
      version: '1.4.2',
      address: 'http://10.0.1.30:8080',
      load: 0.2,
    })
    await rowOf(page, 'web-5').waitFor()
    await page.waitForTimeout(8_000)
    web.say({ version: '1.5.0' })
    await page.waitForTimeout(4_000)
    const hung = fleet.start('search', 'search-3', { zone: 'eu-1c', version: '1.4.2' })
    await page.waitForTimeout(12_000)
    hung.hang()
    await page.waitForTimeout(7_000)
    await hung.kill()
    await page.waitForTimeout(23_000)
    await rowOf(page, 'web-4').click()
    await page.getByRole('region', { name: 'web-4' }).getByText('Round trip').waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: `${screenshots}/${colorScheme}.png` })
    }
    await small.page.screenshot({ path: `${screenshots}/phone.png` })
  })
}
