/** Pictures of pages, by whatever Chromium this machine has. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { isExecutable } from '../lib/executable.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const OPTIONS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
]

/** @throws Error when there is none */
export function findChromium(env: NodeJS.ProcessEnv): string {
  const named = env['CHROMIUM']
  const folders = (env['PATH'] ?? '').split(delimiter)
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
  const found = named ?? paths.find(isExecutable)
  if (found === undefined) throw new Error('no Chromium on the PATH: name one in CHROMIUM')
  return found
}

/** A PNG as high as the page; of one higher than `most` pixels what is above a heading. @param html whole in itself, by day */
export function takePicture(
  chromium: string,
  html: string,
  path: string,
  { width, most }: { readonly width: number; readonly most: number },
): void {
  const folder = mkdtempSync(join(tmpdir(), 'picture-'))
  try {
    const page = join(folder, 'page.html')
    // A page tells its height only to a script of its own. Cut anywhere, half a line of text would be its end.
    const measure = `<script>
      const whole = document.body.scrollHeight
      const cuts = [...document.querySelectorAll('h2, h3')].map((each) => Math.floor(each.getBoundingClientRect().top) - 8)
      const height = whole <= ${most} ? whole : Math.max(...cuts.filter((cut) => cut <= ${most}))
      document.documentElement.id = 'height-' + height
    </script>`
    writeFileSync(page, html.replace('</body>', `${measure}</body>`))
    const ask = (...more: readonly string[]): string => {
      const data = `--user-data-dir=${join(folder, 'profile')}`
      const done = spawnSync(chromium, [...OPTIONS, data, ...more, `file://${page}`], { encoding: 'utf8' })
      if (done.status !== 0) throw new Error(`${chromium} failed: ${done.stderr}`)
      return done.stdout
    }
    const told = /id="height-(\d+)"/.exec(ask(`--window-size=${width},100`, '--dump-dom'))?.[1]
    const height = Math.min(most, Number(told ?? most))
    ask(`--window-size=${width},${height}`, `--screenshot=${path}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
