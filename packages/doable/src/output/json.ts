import type { Issue } from '@doable/engine';

/** JSON of one line, or indented for a person. Not-a-number and infinities become null, as JSON has none. */
export const jsonText = (value: unknown, indent?: number): string => JSON.stringify(value, undefined, indent);

/** A line of --lines that could not be answered. */
export const errorLine = (line: number, issues: readonly Issue[]): string =>
  jsonText({ error: { message: issues.map(({ message }) => message).join(' '), issues }, line });
