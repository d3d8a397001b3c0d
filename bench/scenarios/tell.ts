/** For the lines that say how a run goes on. */
export function tellRate({ perSecond }: { readonly perSecond: number }): string {
  return `${Math.round(perSecond)}/s`
}
