import type { ReleaseReport } from '@release-actions/action-kit'

// What a step that leaves its release in flight tells a person to do: nothing, for somebody else sees it through.

export const POST_COMPLETES: ReleaseReport['todo'] = {
  kind: 'later',
  text: 'The post step of this job completes what is left; its own summary says how it ended.',
}

export const NEWER_GOES_ON: ReleaseReport['todo'] = {
  kind: 'later',
  text: 'The newer run goes on from here: its summary says which version users end up on.',
}
