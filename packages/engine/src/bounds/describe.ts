import type { Answer, DerivationLine, Diagnostic } from '../interpret/answer.ts';
import { writeName } from '../query/lex.ts';
import { printQuestion, printValue } from '../query/print.ts';
import type { Question } from '../query/terms.ts';
import { readModel } from './equations.ts';
import type { Prepared } from './prepare.ts';
import type { Block, Programme } from './programme.ts';
import type { BoundsProblem } from './structure.ts';
import type { StudyTable } from './studies.ts';

/** What is said of every bounded answer, whatever its numbers. */
export interface Account extends Pick<Answer, 'studies'> {
  readonly rule: 'range';
  readonly estimand: { readonly text: string; readonly latex: string };
  readonly derivation: readonly DerivationLine[];
  readonly diagnostics: readonly Diagnostic[];
  readonly assumes: readonly string[];
}

export function accountOf(problem: BoundsProblem, prepared: Prepared, question: Question): Account {
  const { tables, structure, programme } = prepared;
  const shown = tables.map(distributionText);
  const asked = printQuestion(question);
  const names = new Set(tables.map(({ name }) => name));
  return {
    rule: 'range',
    estimand: {
      text: `min and max of ${asked} over all models of the graph with ${shown.length === 0 ? 'no study' : shown.join(' and ')} as measured`,
      latex: `\\min_{M},\\ \\max_{M}\\ \\text{${escaped(asked)}}\\quad\\text{over models }M\\text{ with ${escaped(shown.join(', '))}}`,
    },
    derivation: programme.blocks.map((block, number) => blockLine(programme, block, number)),
    diagnostics: prepared.notes.map((says): Diagnostic => ({ name: 'bounds', level: 'ok', says })),
    assumes: [
      ...(problem.assume ?? []).filter((text) => !structure.unused.includes(text)),
      ...equationsOf(problem, new Set(programme.blocks.flatMap(({ children }) => children))),
    ],
    studies: problem.studies
      .filter(({ name }) => names.has(name))
      .map(({ name, size, fingerprint }) => ({ name, rows: Number.isFinite(size) ? size : null, fingerprint })),
  };
}

/** The equations under `model` of these variables, in words. */
function equationsOf({ model }: BoundsProblem, children: ReadonlySet<string>): string[] {
  const read = readModel(model);
  if (!read.ok) return [];
  const { exogenous, equations } = read.value;
  return [...equations].flatMap(([name, { of }]) => {
    if (!children.has(name)) return [];
    const inputs = of.map((input) => {
      const states = exogenous.get(input)?.states.length;
      return states === undefined ? writeName(input) : `${writeName(input)} (${states} ${states === 1 ? 'state' : 'states'})`;
    });
    return [`the equation of ${writeName(name)}${inputs.length === 0 ? '' : ` from ${inputs.join(', ')}`}, as given under "model"`];
  });
}

/** `P(Y | do(X))`: what a study shows of what was read. */
function distributionText({ axes, regime }: StudyTable): string {
  const set = axes.filter((name) => regime.set.includes(name));
  const seen = axes.filter((name) => !set.includes(name)).map(writeName);
  const done = set.map((name) => {
    const value = regime.fixed?.[name];
    return value === undefined ? writeName(name) : `${writeName(name)}=${printValue(value)}`;
  });
  return `P(${seen.join(', ')}${done.length === 0 ? '' : ` | do(${done.join(', ')})`})`;
}

function blockLine(programme: Programme, { name, components, children, digits }: Block, number: number): DerivationLine {
  const cells = programme.cells.filter(({ stratum, target }) => programme.strata[stratum]?.block === number && !Number.isNaN(target));
  const studies = [...new Set(cells.map(({ stratum }) => programme.strata[stratum]?.study))];
  const states = digits.reduce((product, { levels }) => product * levels.length, 1);
  const size = states <= 1e6 ? states.toLocaleString('en-US') : `about ${states.toExponential(1)}`;
  const kind = components?.map((one) => `{${one}}`).join(' and ') ?? (children.length > 1 ? `c-component {${name}}` : `{${name}}`);
  const shown = studies.length === 0 ? 'no study speaks of it' : `${cells.length} cells from ${studies.join(', ')}`;
  return {
    depth: 0,
    says: `${kind}: ${size} response ${states === 1 ? 'function' : 'functions'} of unknown probability; ${shown}.`,
    theorem: 'canonical model',
    source: 'Balke and Pearl 1994; Tian 2002',
  };
}

const escaped = (text: string): string => text.replace(/([\\{}_%&#$^~])/gu, (sign) => (sign === '\\' ? '\\textbackslash{}' : `\\${sign}`));
