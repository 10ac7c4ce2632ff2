import { expect, test } from '@jest/globals'
import { startAction, startGitHub, startKubernetes } from '@release-actions/lab'
import { inRepo } from '../../scripts/lib/repo.ts'

test('post of a step that was killed before it could leave any state begins no release', async () => {
  await using kubernetes = await startKubernetes()
  const github = await startGitHub()
  try {
    const running = startAction({
      dir: inRepo('dist', 'canary-step'),
      github: github.run(),
      kubeconfig: kubernetes.kubeconfig(),
      inputs: { environment: 'production', workload: 'shop', traffic: 'httproute/shop', image: 'shop:1' },
    })
    running.kill('SIGKILL')
    const done = await running.done

    expect(done.killed).toBe(true)
    expect(done.state).toEqual({})
    expect(done.post).toMatchObject({ exitCode: 0, annotations: [] })
    expect(kubernetes.requests.length).toBe(0)
    expect(github.events).toEqual([])
  } finally {
    await github.close()
  }
}, 60_000)
