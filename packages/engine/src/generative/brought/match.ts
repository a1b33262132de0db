import { variableOf } from '../../estimand/estimand.ts';
import type { Graph } from '../../graph/graph.ts';
import { separated } from '../../graph/separation.ts';
import type { Name } from '../../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../../run/issue.ts';
import type { NetworkPlan, PlannedFactor } from '../network.ts';
import type { ColumnType } from '../terms.ts';
import { type ClaimedLaw, printLaw } from './law.ts';
import type { CheckedManifest, ManifestColumn } from './manifest.ts';

/** The law that a factor stands for, as a manifest would claim it, and where it is to hold. */
export interface RequiredLaw {
  readonly law: ClaimedLaw;
  /** Studies that have it; empty for a law that only generated rows have. */
  readonly studies: readonly Name[];
}

/** How a brought model serves a factor. */
export interface Match {
  readonly factor: PlannedFactor;
  /** The column of the factor for every variable of the model that the factor has. */
  readonly columns: ReadonlyMap<Name, Name>;
  /** Conditions of the model that the factor has not: independent of the target given the rest, so that any supported value will do. */
  readonly surplus: readonly Name[];
}

/**
 * What a factor asks for. Rows of a study: P(of | given) in its regime. Rows that a network generates: its inputs were set and
 * nothing else, so the factor is P(of | given, do(inputs)), the factor Q of ID (Tian and Pearl 2002), whatever drew the rows.
 */
export function requiredLaw({ of, given, rows }: PlannedFactor): RequiredLaw {
  const plain = (names: readonly Name[]): Name[] => names.map(variableOf);
  const fixed = rows.kind === 'study' ? (rows.regime.fixed ?? {}) : {};
  const chosen = rows.kind === 'study' ? rows.regime.set : plain(rows.network.inputs.map((input) => input.name));
  const set = chosen.filter((name) => !Object.hasOwn(fixed, name));
  return { law: { of: plain(of), given: plain(given), set, fixed }, studies: rows.kind === 'study' ? rows.studies : [] };
}

/** `P(Y | X, do(W2)), learnt from generated rows` */
export function printRequired(factor: PlannedFactor): string {
  const { law, studies } = requiredLaw(factor);
  if (factor.rows.kind === 'generated') return `${printLaw(law)}, from generated rows`;
  return studies.length === 0
    ? printLaw(law)
    : `${printLaw(law)} of ${studies.length === 1 ? 'the study' : 'one of the studies'} ${studies.join(', ')}`;
}

const list = (names: Iterable<Name>): string => [...names].join(', ');
const sameSet = (a: readonly Name[], b: readonly Name[]): boolean => a.length === b.length && a.every((name) => b.includes(name));

/**
 * Whether the model samples exactly the law that the factor asks for: same target, same regime, same study, and the same
 * conditions up to some that the graph of the regime proves idle (m-separation). The text says why not.
 */
export function matchFactor(
  { manifest, law }: CheckedManifest,
  factor: PlannedFactor,
  graph: Graph,
  types: ReadonlyMap<Name, ColumnType>,
): { readonly match: Match } | { readonly mismatch: string } {
  const required = requiredLaw(factor);
  const { of, given, set, fixed } = required.law;
  const no = (mismatch: string): { readonly mismatch: string } => ({ mismatch });
  if (new Set([...of, ...given]).size < of.length + given.length)
    return no('that factor holds one variable twice, which no manifest can say');
  if (!sameSet(of, law.of)) return no(`its target is ${list(law.of)}, not ${list(of)}`);
  if (!sameSet(set, law.set) || !sameSet(pairs(fixed), pairs(law.fixed)))
    return no(`it ${regimeText(law)}, not ${regimeText(required.law, true)}`);
  const { study } = manifest.claims;
  if (required.studies.length > 0 && study === undefined) return no('it does not say of which study (claims.study)');
  if (required.studies.length > 0 && study !== undefined && !required.studies.includes(study))
    return no(`it is of the study ${study}, not ${required.studies.join(' or ')}`);
  const unknown = law.given.find((name) => !graph.index.numbers.has(name));
  if (unknown !== undefined) return no(`its condition ${unknown} is not in the graph`);

  const kept = law.given.filter((name) => given.includes(name));
  const surplus = law.given.filter((name) => !given.includes(name));
  const missing = given.filter((name) => !law.given.includes(name));
  const constants = Object.keys(fixed);
  const separable = (names: readonly Name[]): boolean =>
    names.length === 0 || separated(graph, of, names, [...kept, ...constants], { cutInto: [...set, ...constants] });
  const rest = `on which ${list(of)} ${of.length === 1 ? 'depends' : 'depend'} given ${list(kept) || 'nothing'}`;
  if (!separable(missing)) {
    const needed = missing.filter((name) => !separable([name]));
    return no(`it does not condition on ${list(needed.length > 0 ? needed : missing)}, ${rest}`);
  }
  if (!separable(surplus)) return no(`it conditions on ${list(surplus)} too, ${rest}: another law`);

  for (const [field, columns] of [['target', manifest.target] as const, ['given', manifest.given] as const])
    for (const [i, column] of columns.entries()) {
      const type = types.get(column.name);
      const wrong = type === undefined ? undefined : typeMismatch(column, type, field === 'target');
      if (wrong !== undefined) return no(`its ${field}[${i}] (${column.name}) ${wrong}`);
    }
  const columns = new Map([...factor.of, ...factor.given].map((name) => [variableOf(name), name]));
  return { match: { factor, columns: new Map([...law.of, ...kept].map((name) => [name, columns.get(name) as Name])), surplus } };
}

const pairs = (fixed: ClaimedLaw['fixed']): string[] => Object.entries(fixed).map(([name, value]) => `${name}=${value}`);
function regimeText({ set, fixed }: ClaimedLaw, bare = false): string {
  const actions = [...set, ...pairs(fixed)];
  if (actions.length === 0) return bare ? 'under observation' : 'claims to hold under observation';
  return bare ? `under do(${list(actions)})` : `claims to hold under do(${list(actions)})`;
}

/** What is wrong with the type that a manifest gives a variable. */
function typeMismatch(column: ManifestColumn, type: ColumnType, drawn: boolean): string | undefined {
  if (type.kind === 'real') return column.real === true ? undefined : 'must be real';
  if (type.kind === 'tensor') {
    if (column.tensor === undefined) return `must be a tensor of the shape [${list(type.shape.map(String))}]`;
    if (list(column.tensor.map(String)) !== list(type.shape.map(String)))
      return `has the shape [${list(column.tensor.map(String))}], the data [${list(type.shape.map(String))}]`;
    return undefined;
  }
  const { levels } = column;
  if (levels === undefined) return `must be finite, with the levels ${list(type.levels)}`;
  const unknown = levels.find((level) => !type.levels.includes(level));
  const absent = type.levels.find((level) => !levels.includes(level));
  if (absent !== undefined) return `lacks the level ${absent}`;
  if (drawn && unknown !== undefined) return `has the level ${unknown}, which the data do not know`;
  return undefined;
}

/**
 * All factors of the plan that the model serves. A refusal says, for the factor that comes nearest, which law the network needs,
 * what the model claims, and how they differ. Issue: `brought-mismatch`.
 */
export function matchPlan(
  checked: CheckedManifest,
  plan: NetworkPlan,
  graph: Graph,
  types: ReadonlyMap<Name, ColumnType>,
): Result<readonly Match[]> {
  const found: Match[] = [];
  const wrong: { readonly factor: PlannedFactor; readonly mismatch: string }[] = [];
  for (const factor of plan.factors) {
    const judged = matchFactor(checked, factor, graph, types);
    if ('match' in judged) found.push(judged.match);
    else wrong.push({ factor, mismatch: judged.mismatch });
  }
  if (found.length > 0) return success(found, guidanceWarnings(checked));
  const { law, manifest } = checked;
  // Nearest: the target is drawn there, and few conditions differ.
  const score = (factor: PlannedFactor): number => {
    const need = requiredLaw(factor).law;
    const common = need.given.filter((name) => law.given.includes(name)).length;
    const target = sameSet(need.of, law.of) ? 1000 : need.of.some((name) => law.of.includes(name)) ? 500 : 0;
    return target + 2 * common - need.given.length - law.given.length;
  };
  const [nearest, ...others] = wrong.toSorted((a, b) => score(b.factor) - score(a.factor));
  const claim = `${printLaw(law)}${manifest.claims.study === undefined ? '' : ` of the study ${manifest.claims.study}`}`;
  if (nearest === undefined) return failure({ code: 'brought-mismatch', message: `The network needs no model; the file claims ${claim}.` });
  const sameTarget = others.filter(({ factor }) => sameSet(requiredLaw(factor).law.of, law.of));
  const rest = others.filter((each) => !sameTarget.includes(each)).map(({ factor }) => printRequired(factor));
  return failure({
    code: 'brought-mismatch',
    message: [
      `The network needs ${printRequired(nearest.factor)}; the file claims ${claim}: ${nearest.mismatch}.`,
      ...sameTarget.map(({ factor, mismatch }) => `It also needs ${printRequired(factor)}: ${mismatch}.`),
    ].join(' '),
    hint: `Bring a model of exactly that law, or leave it out and the factor is learnt here.${rest.length === 0 ? '' : ` The network also needs ${rest.join('; ')}.`}`,
  });
}

const guidanceWarnings = ({ manifest, law }: CheckedManifest): Issue[] =>
  (manifest.claims.guidance ?? 0) === 0
    ? []
    : [
        {
          code: 'brought-guided',
          message: `claims.guidance is ${manifest.claims.guidance}: guidance tempers the law, so what is drawn is not ${printLaw(law)} and the answer is biased.`,
          hint: 'Export the model with guidance 0.',
        },
      ];
