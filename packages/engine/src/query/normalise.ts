import { type Issue, type Result, success } from '../run/issue.ts';
import type {
  ConditionNode,
  DirectNode,
  EndNode,
  EventNode,
  NamedFunction,
  NamedNode,
  NameNode,
  SettingNode,
  Span,
  SyntaxTree,
  ValueNode,
} from './syntax.ts';

/**
 * A level still to be chosen. `yes`, `no`: the second and the first level of a binary variable. `other`: the level (of an
 * outcome also: each of the levels) different from `than`. `asked` names the query function that leaves the choice open.
 */
export type Choice =
  | ValueNode
  | { readonly kind: 'yes' | 'no'; readonly asked: NamedFunction; readonly role: Role; readonly span: Span }
  | { readonly kind: 'other'; readonly than: ValueNode; readonly asked: NamedFunction; readonly role: Role; readonly span: Span };
type Role = 'cause' | 'outcome';

export interface CoreSetting {
  readonly name: NameNode;
  readonly position?: number;
  /** An event: the value that the variable would have in another world. */
  readonly value?: Choice | CoreEvent;
  readonly span: Span;
}

export interface CoreEvent {
  readonly name: NameNode;
  /** The event's own world first, then what do() added. Not yet checked for repetition or conflict. */
  readonly world: readonly CoreSetting[];
  readonly position?: number;
  readonly value?: Choice;
  readonly span: Span;
}

/** `effect`: the mean of an outcome with numbers for levels, else the probability of the second of its two levels. */
export interface CoreQuery {
  readonly take: 'probability' | 'mean' | 'effect';
  readonly of: readonly CoreEvent[];
  readonly given: readonly CoreEvent[];
  readonly span: Span;
}

export interface CoreTree {
  readonly text: string;
  readonly parts: readonly { readonly weight: number; readonly query: CoreQuery }[];
}

/**
 * Sugar to core: afterwards there is only P and E of events in worlds. Names and levels are still as written; bind.ts
 * resolves them.
 *
 * **do().** All do() parts of a question part together are one list of settings, and *every* event of that part, before and
 * after the bar, gets them added to its own world: `P(Y=1 | do(X=1), Z=0)` is `P(Y[X=1]=1 | Z[X=1]=0)`. Explicit worlds and
 * do() merge (`P(Y[X=1]=1 | do(W=0))` is `P(Y[X=1, W=0]=1)`); the same setting twice is one; two values for one variable in
 * one world are the issue `world-conflict` (found in bind.ts, where `1.0` and `1` are the same level). A nested event
 * (`M = M[X=0]`) names its world in full: do() does not enter it.
 *
 * **Unstated values.** `do(X)` and `Y` without a value stand for every value; in one query, all settings of X without a
 * value stand for the same value.
 *
 * **Positions.** do() keeps its positions: under `do(X@1=0)` every event, whatever its own position, is asked in the world
 * where X at position 1 was set to 0. So `P(Y@1=1 | do(X@1=0), X@2=1, Y@2=0)` is
 * `P(Y[X@1=0]@1=1 | X[X@1=0]@2=1, Y[X@1=0]@2=0)`: one world, in which position 2 was only watched. A setting in brackets
 * without a position is at the position of its event: `Y[X=1]@2` is `Y[X@2=1]@2`. Where one event or do() of a part has a
 * position all must have one; nothing is guessed (`position-missing`).
 *
 * **Named functions**, with x1, x0 the levels of the cause, y1 the asked level of the outcome, y0 the other:
 *
 *     ATE, CATE (X -> Y | c)  E[Y | do(X=x1), c] - E[Y | do(X=x0), c]                (the X-specific effect at c; c in the world of X)
 *     ETT (X -> Y | c)        E[Y[X=x1] | X=x1, c] - E[Y[X=x0] | X=x1, c]
 *     ETU (X -> Y | c)        E[Y[X=x1] | X=x0, c] - E[Y[X=x0] | X=x0, c]
 *     PNS (X -> Y | c)        P(Y[X=x1]=y1, Y[X=x0]=y0 | c)
 *     PN  (X -> Y | c)        P(Y[X=x0]=y0 | X=x1, Y=y1, c)
 *     PS  (X -> Y | c)        P(Y[X=x1]=y1 | X=x0, Y=y0, c)
 *     NDE (X -> M -> Y | c)   E[Y[X=x1, M=M[X=x0]] | c] - E[Y[X=x0] | c]
 *     NIE (X -> M -> Y | c)   E[Y[X=x0, M=M[X=x1]] | c] - E[Y[X=x0] | c]
 *
 * Conditions c are factual except with ATE and CATE, where they stand in the world of do(X); for a covariate that X does not
 * affect both readings agree. do() among them applies to every term. With a named outcome level (`ATE(X -> Y=2)`) means
 * become probabilities of that level.
 *
 * Issues: `condition-needed` (CATE without one), `condition-on-cause` (ATE or CATE given its own cause), `versus-outcome`.
 */
export function normalise(tree: SyntaxTree): Result<CoreTree> {
  const issues: Issue[] = [];
  const parts = tree.parts.flatMap(({ weight, query }) => {
    const expanded = query.kind === 'named' ? expandNamed(query, issues) : [{ weight: 1, query: expandDirect(query) }];
    return expanded.map((part) => ({ weight: weight * part.weight + 0, query: part.query }));
  });
  return issues.length > 0 ? { ok: false, issues } : success({ text: tree.text, parts });
}

const settingsOf = (given: readonly ConditionNode[]): SettingNode[] => given.flatMap((part) => (part.kind === 'do' ? part.settings : []));
const eventsOf = (given: readonly ConditionNode[]): EventNode[] => given.filter((part) => part.kind === 'event');
const under =
  (settings: readonly CoreSetting[]) =>
  (event: CoreEvent): CoreEvent =>
    settings.length === 0 ? event : { ...event, world: [...event.world, ...settings] };

function expandDirect({ kind, of, given, span }: DirectNode): CoreQuery {
  const set = under(settingsOf(given));
  return { take: kind, of: of.map(set), given: eventsOf(given).map(set), span };
}

type Weighted = { readonly weight: number; readonly query: CoreQuery };

function expandNamed(node: NamedNode, issues: Issue[]): Weighted[] {
  const { cause, effect, through, span } = node;
  check(node, issues);
  const done = settingsOf(node.given);
  const watched = eventsOf(node.given);
  const [x1, x0] = levelsOf(cause, node.name, 'cause');
  const [y1, y0] = levelsOf(effect, node.name, 'outcome');
  const set = (value: Choice): CoreSetting => settingOf(cause, value);
  const outcome = (world: readonly CoreSetting[], value?: Choice): CoreEvent => eventOf(effect, world, value);
  const query = (take: CoreQuery['take'], of: readonly CoreEvent[], given: readonly CoreEvent[]): CoreQuery => ({
    take,
    of: of.map(under(done)),
    given: given.map(under(done)),
    span,
  });
  const mean = (world: readonly CoreSetting[], given: readonly CoreEvent[]): CoreQuery =>
    effect.value === undefined ? query('effect', [outcome(world)], given) : query('probability', [outcome(world, effect.value)], given);
  const difference = (more: CoreQuery, less: CoreQuery): Weighted[] => [
    { weight: 1, query: more },
    { weight: -1, query: less },
  ];
  switch (node.name) {
    case 'ATE':
    case 'CATE':
      return difference(mean([set(x1)], watched.map(under([set(x1)]))), mean([set(x0)], watched.map(under([set(x0)]))));
    case 'ETT':
    case 'ETU': {
      const given = [eventOf(cause, [], node.name === 'ETT' ? x1 : x0), ...watched];
      return difference(mean([set(x1)], given), mean([set(x0)], given));
    }
    case 'PNS':
      return [{ weight: 1, query: query('probability', [outcome([set(x1)], y1), outcome([set(x0)], y0)], watched) }];
    case 'PN':
      return [{ weight: 1, query: query('probability', [outcome([set(x0)], y0)], [eventOf(cause, [], x1), outcome([], y1), ...watched]) }];
    case 'PS':
      return [{ weight: 1, query: query('probability', [outcome([set(x1)], y1)], [eventOf(cause, [], x0), outcome([], y0), ...watched]) }];
    case 'NDE':
    case 'NIE': {
      const mediator = through ?? effect;
      const [own, other] = node.name === 'NDE' ? [x1, x0] : [x0, x1];
      return difference(mean([set(own), crossed(mediator, set(other))], watched), mean([set(x0)], watched));
    }
  }
}

function check({ name, cause, effect, given, span }: NamedNode, issues: Issue[]): void {
  const watched = eventsOf(given);
  if (name === 'CATE' && watched.length === 0) {
    issues.push({
      code: 'condition-needed',
      message: 'CATE needs a condition: the group in which the effect is asked.',
      where: span,
      hint: `Write CATE(${cause.name.text} -> ${effect.name.text} | Z=0), or ATE for everybody.`,
    });
  }
  const onCause = watched.find(
    (event) => event.name.text === cause.name.text && event.position === cause.position && event.world.length === 0,
  );
  if ((name === 'ATE' || name === 'CATE') && onCause !== undefined) {
    issues.push({
      code: 'condition-on-cause',
      message: `${name} sets ${cause.name.text}; it cannot be watched in the same world.`,
      where: onCause.span,
      hint: `For the effect among those who had ${cause.name.text} write ETT(${cause.name.text} -> ${effect.name.text}), among the others ETU.`,
    });
  }
  const joint = name === 'PNS' || name === 'PN' || name === 'PS';
  if (!joint && effect.versus !== undefined) {
    issues.push({
      code: 'versus-outcome',
      message: `The outcome of ${name} takes one level at most.`,
      where: effect.versus.span,
      hint: `Name only the level whose probability you want: ${name}(${cause.name.text} -> ${effect.name.text}=...).`,
    });
  }
}

/** The two levels of one end: as named, or still to be chosen. */
function levelsOf({ value, versus, span }: EndNode, asked: NamedFunction, role: Role): readonly [Choice, Choice] {
  if (value === undefined) {
    return [
      { kind: 'yes', asked, role, span },
      { kind: 'no', asked, role, span },
    ];
  }
  return [value, versus ?? { kind: 'other', than: value, asked, role, span }];
}

const positionOf = (end: EndNode): { readonly position?: number } => (end.position === undefined ? {} : { position: end.position });
const settingOf = (end: EndNode, value: Choice | CoreEvent): CoreSetting => ({ name: end.name, ...positionOf(end), value, span: end.span });
const eventOf = (end: EndNode, world: readonly CoreSetting[], value?: Choice): CoreEvent => ({
  name: end.name,
  world,
  ...positionOf(end),
  ...(value === undefined ? {} : { value }),
  span: end.span,
});
/** `M = M[setting]` */
const crossed = (mediator: EndNode, setting: CoreSetting): CoreSetting => settingOf(mediator, eventOf(mediator, [setting]));
