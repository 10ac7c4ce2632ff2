/** Of the two Deployments `<workload>-blue` and `<workload>-green`, one serves and the other is idle. */
export type Color = 'blue' | 'green'

export const COLORS: readonly Color[] = ['blue', 'green']

export function otherColor(color: Color): Color {
  return color === 'blue' ? 'green' : 'blue'
}

/** The user's own Deployment, which serves until it is adopted, or one of our two. */
export type Owner = 'own' | Color
