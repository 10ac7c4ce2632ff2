/**
 * `node scripts/pictures.ts [--only NAME …]`: draws docs/images anew, from what the bundles in `dist/` really say. Needs
 * a Chromium (`$CHROMIUM`, or one on the PATH); nothing of it is installed.
 *
 * `node scripts/pictures.ts --read [NAME …]`: plays the ways in which actions end (all, or those of that name or
 * group: canary, interrupted, bluegreen, rollback, build, gate), and leaves the summary and the log of each in
 * `demo-output/endings/`, to be read before a text is changed.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderSummaries } from '@release-actions/lab'
import { inRepo } from './lib/repo.ts'
import { findChromium, takePicture } from './pictures/chromium.ts'
import { playEndings, type Ending } from './pictures/endings.ts'
import { playDemo, terminalPage } from './pictures/terminal.ts'

/** Endings of which a guide shows the summary. */
const SHOWN: Readonly<Record<string, { readonly picture: string; readonly decision: string }>> = {
  'canary-promoted': { picture: 'promoted-summary', decision: 'promoted' },
  'canary-taken-back': { picture: 'retreat-summary', decision: 'retreated' },
  'bluegreen-switched': { picture: 'switch-summary', decision: 'switched' },
  'rollback-warm': { picture: 'rollback-summary', decision: 'rolled-back' },
}
/** What of the demo is shown: the sections whose titles begin so. */
const SECTIONS = ['Version 2 is built', 'Version 3 fails']
const WIDTH = 900
/** The same wherever it is drawn; whatever stands in for a font that is missing may have emoji for digits. */
const FONT = 'body, .markdown { font-family: "DejaVu Sans", "Noto Color Emoji" }'

const [mode, ...names] = process.argv.slice(2)
if (mode === '--read') {
  const folder = inRepo('demo-output/endings')
  mkdirSync(folder, { recursive: true })
  await playEndings(names, (ending) => writeEnding(folder, ending))
  console.log(`Summaries and logs: ${folder}`)
} else if (mode === undefined || mode === '--only') {
  await draw((name) => names.length === 0 || names.includes(name))
} else {
  console.error('Usage: node scripts/pictures.ts [--only NAME …] | --read [NAME …]')
  process.exit(2)
}

async function draw(wanted: (picture: string) => boolean): Promise<void> {
  const chromium = findChromium(process.env)
  const save = (name: string, html: string, most: number): void => {
    const path = inRepo('docs/images', `${name}.png`)
    takePicture(chromium, html.replace('</style>', `${FONT}</style>`), path, { width: WIDTH, most })
    console.log(path)
  }
  if (wanted('demo')) save('demo', terminalPage(await playDemo(), SECTIONS), 1200)
  const shown = Object.keys(SHOWN).filter((name) => wanted(SHOWN[name]?.picture ?? ''))
  if (shown.length === 0) return
  await playEndings(shown, ({ name, result }) => {
    const told = SHOWN[name]
    // A machine that is too busy makes another story of it: that is not what the pages tell.
    if (told === undefined || result.outputs['decision'] !== told.decision)
      throw new Error(`${name} ended as ${result.outputs['decision'] ?? 'nothing'}: it is not drawn`)
    save(
      told.picture,
      renderSummaries([{ title: 'Job summary', markdown: result.summary }], { bare: true }),
      1400,
    )
  })
}

function writeEnding(folder: string, { name, result }: Ending): void {
  const { summary, log, post, annotations, outputs } = result
  const said = annotations.map(({ level, title = '', message }) => `[${level}] ${title}\n${message}`)
  const set = Object.entries(outputs).filter(([key, value]) => key !== 'result' && value !== '')
  const parts = [
    log,
    ...(post === undefined ? [] : ['——— post', post.log]),
    '——— annotations',
    ...said,
    '——— outputs',
    ...set.map(([key, value]) => `${key}=${value}`),
  ]
  writeFileSync(join(folder, `${name}.md`), [summary, post?.summary ?? ''].join('\n'))
  writeFileSync(join(folder, `${name}.log`), `${parts.join('\n')}\n`)
  console.log(`${name}: ${outputs['decision'] ?? 'nothing'}`)
}
