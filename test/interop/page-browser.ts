// Chromium for the tests of the page. Promises that whatever a page complains of, and whatever other host it asks, is found.

import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import type { Test } from 'tap'

/** Nothing of a browser but its pages: no sandbox (the tests run as root), no traffic of its own. */
const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--disable-sync',
  '--no-first-run',
]

/** For whatever a page waits for: more than a busy machine needs. */
const patienceMs = 60_000

/** What a browser itself says of an answer, or of none: the daemon may be gone, and an instance whose name is asked about may have left.
 * All else on the console is a fault of the page. */
const isAboutAnswer = /^error: Failed to load resource: (net::ERR_|the server responded with a status)/

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: browserArguments, timeout: patienceMs })
}

export interface Visit {
  readonly page: Page
  /** What the page complained of so far: errors, warnings, violations of its policy; requests to another host than its own. */
  readonly faults: readonly string[]
}

/** A page of its own at this address, for as long as the test lasts. */
export async function visit(
  t: Test,
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, ...options })
  t.teardown(() => context.close())
  context.setDefaultTimeout(patienceMs)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    const text = `${message.type()}: ${message.text()}`
    if (!isAboutAnswer.test(text)) faults.push(text)
  })
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) faults.push(`asked ${request.url()}`)
  })
  page.on('response', (response) => {
    const isRefused = response.status() >= 400 && !new URL(response.url()).pathname.startsWith('/services/')
    if (isRefused) faults.push(`${response.status()} for ${response.url()}`)
  })
  await page.goto(url)
  return { page, faults }
}
