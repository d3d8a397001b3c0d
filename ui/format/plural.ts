/** Forms of a noun by the plural categories of its language; `other` stands in for those it does not have. */
export type Forms = { readonly other: string } & Partial<Record<Intl.LDMLPluralRule, string>>

const rules = new Map<string, Intl.PluralRules>()

export function plural(language: string, count: number, forms: Forms): string {
  let rule = rules.get(language)
  if (rule === undefined) {
    rule = new Intl.PluralRules(language)
    rules.set(language, rule)
  }
  return forms[rule.select(count)] ?? forms.other
}
