import type { Name, Value } from '../../graph/variable.ts';
import { writeName } from '../../query/lex.ts';
import { parseQuestion } from '../../query/parse.ts';
import { printValue } from '../../query/print.ts';
import { failure, type Issue, type Result, success } from '../../run/issue.ts';

/** P(of | given; do(set), do(fixed)): `given` holds the members of `set` too, `fixed` are interventions at one value. */
export interface ClaimedLaw {
  readonly of: readonly Name[];
  readonly given: readonly Name[];
  readonly set: readonly Name[];
  readonly fixed: Readonly<Record<Name, Value>>;
}

/** Reads `P(Y | X, do(W))`. Issues: `manifest-law`. */
export function readLaw(text: string): Result<ClaimedLaw> {
  const wrong = (what: string): Result<never> =>
    failure({
      code: 'manifest-law',
      message: `claims.law ${what}.`,
      hint: 'Write it as P(target | given, do(set)), for example P(Y | X, do(W)).',
    });
  const tree = parseQuestion(text);
  if (!tree.ok) return wrong(`cannot be read: ${(tree.issues[0] as Issue).message.replace(/\.$/u, '')}`);
  const [part, another] = tree.value.parts;
  if (part === undefined || another !== undefined || part.weight !== 1 || part.query.kind !== 'probability')
    return wrong('must be one P(...)');
  const of: Name[] = [];
  const given: Name[] = [];
  const set: Name[] = [];
  const fixed: Record<Name, Value> = {};
  for (const event of part.query.of) {
    if (event.value !== undefined || event.world.length > 0 || event.position !== undefined)
      return wrong(`must name ${event.name.text} only: it is the law of all its values, in one world`);
    of.push(event.name.text);
  }
  for (const condition of part.query.given) {
    if (condition.kind !== 'do') {
      if (condition.value !== undefined || condition.world.length > 0 || condition.position !== undefined)
        return wrong(`must name ${condition.name.text} only: the model takes every value of it`);
      given.push(condition.name.text);
      continue;
    }
    for (const { name, value, position } of condition.settings) {
      if (position !== undefined || value?.kind === 'event') return wrong(`must set ${name.text} to a value or to none`);
      if (value === undefined) {
        set.push(name.text);
        given.push(name.text);
      } else fixed[name.text] = value.text;
    }
  }
  return success({ of, given, set, fixed });
}

/** `P(Y | X, do(W))` */
export function printLaw({ of, given, set, fixed }: ClaimedLaw): string {
  const conditions = given.filter((name) => !set.includes(name)).map(writeName);
  const actions = [...set.map(writeName), ...Object.entries(fixed).map(([name, value]) => `${writeName(name)}=${printValue(value)}`)];
  if (actions.length > 0) conditions.push(`do(${actions.join(', ')})`);
  return `P(${of.map(writeName).join(', ')}${conditions.length === 0 ? '' : ` | ${conditions.join(', ')}`})`;
}
