import { userInfo } from 'node:os'

/** In a container, the user often has a number and no name. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
