/** GitHub refuses a status whose description is longer. */
const MOST_CHARACTERS = 140

/** One line of at most 140 characters, cut between characters (not inside a surrogate pair). */
export function cutDescription(text: string): string {
  return cutText(text.replace(/\s+/g, ' ').trim(), MOST_CHARACTERS, '…')
}

/** At most `most` UTF-16 units, `note` included, cut between characters. */
export function cutText(text: string, most: number, note: string): string {
  if (text.length <= most) return text
  const end = most - note.length
  const inside = /[\uD800-\uDBFF]/.test(text.charAt(end - 1))
  return `${text.slice(0, inside ? end - 1 : end)}${note}`
}
