/** What belongs to the action itself: its inputs (the token, the kubeconfig), its state, the runner's own services. */
const OWN =
  /^(INPUT_|STATE_|RELEASE_|ACTIONS_RUNTIME_|ACTIONS_ID_TOKEN_|ACTIONS_RESULTS_|GITHUB_(STATE|OUTPUT|ENV|PATH|STEP_SUMMARY)$)/

/** The step's environment as a command of the user's may see it. */
export function userEnvironment(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !OWN.test(entry[0]),
    ),
  )
}
