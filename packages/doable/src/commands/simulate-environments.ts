import {
  drawExchangeable,
  type ExchangeableDraw,
  type ExchangeableModel,
  exchangeableOf,
  failure,
  type Issue,
  loadProblem,
  type Name,
  type Result,
  type Value,
  version,
} from '@doable/engine';
import { csvCell } from '@doable/engine/present';
import { type CellArgument, cellsArgument } from '../arguments/cells.ts';
import type { OptionName } from '../arguments/records.ts';
import { jsonText } from '../output/json.ts';
import { toSink } from '../output/sink.ts';
import { parseText } from '../studies/files.ts';
import { type Context, type Exit, exit } from './command.ts';

type Document = Readonly<Record<string, unknown>>;

/** The problem document of a text whose model is one of exchangeable rows; undefined: it is none. */
export function exchangeableDocument(text: string, file: string | undefined): Document | undefined {
  if (!/\.ya?ml$/iu.test(file ?? '') && !/^\s*\{/u.test(text)) return undefined;
  const parsed = parseText(text, file ?? '');
  const value = parsed.ok ? parsed.value : undefined;
  if (typeof value !== 'object' || value === null || !('model' in value)) return undefined;
  const { model } = value;
  return typeof model === 'object' && model !== null && 'exchangeable' in model ? (value as Document) : undefined;
}

/** Options of `simulate` that say nothing about a model of exchangeable rows, with what does. */
const foreign: readonly (readonly [OptionName, string])[] = [
  ['rows', 'Say how much to draw with --environments and --positions.'],
  ['do', 'Say at which position: --set X@1=0.'],
  ['levels', 'The document says which levels there are.'],
  ['truth', 'doable ask MODEL QUESTION answers exactly.'],
  ['left', 'It is of doable simulate urn.'],
  ['right', 'It is of doable simulate urn.'],
  ['dynamics', 'It is of doable simulate urn.'],
];

/** Issues of options that were given and do not belong here. */
export const foreignOptions = ({ args }: Context, what: string, none: readonly (readonly [OptionName, string])[]): Issue[] =>
  none.flatMap(([name, hint]) =>
    args.many(name).length === 0 ? [] : [{ code: 'input', message: `--${name} does not go with ${what}.`, hint }],
  );

/** `doable simulate MODEL` of a document with `model.exchangeable`: environments of positions, one row each. */
export async function simulateEnvironments(context: Context, document: Document): Promise<Exit> {
  const { args, console } = context;
  const positions = args.number('positions') as number;
  const issues = foreignOptions(context, 'a model of exchangeable rows', foreign);
  const model = await modelOf(document);
  const set = model.ok ? cellsArgument(args.many('set'), model.value.levels, positions) : undefined;
  issues.push(...(model.ok ? [] : model.issues), ...(set === undefined || set.ok ? [] : set.issues));
  if (issues.length > 0 || !model.ok || set?.ok !== true) {
    console.fail(issues);
    return exit.badInput;
  }
  const seed = args.number('seed') as number;
  const drawn = drawExchangeable(model.value, { seed, environments: args.number('environments') as number, positions, set: set.value });
  if (!drawn.ok) {
    console.fail(drawn.issues);
    return exit.badInput;
  }
  const out = args.text('out');
  try {
    await toSink(
      out,
      console.print,
      args.flag('json')
        ? jsonPieces(model.value, drawn.value, set.value, seed)
        : textPieces(model.value, drawn.value, set.value, args.text('data') ?? 'csv'),
    );
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    console.fail([{ code: 'output', message: `${out} cannot be written: ${error.message}` }]);
    return exit.badInput;
  }
  console.note(`seed ${seed}${out === undefined ? '' : `, written to ${out}`}`);
  return exit.answered;
}

async function modelOf({ graph, variables, model }: Document): Promise<Result<ExchangeableModel>> {
  const loaded = await loadProblem({ model, ...(graph !== undefined && { graph }), ...(variables !== undefined && { variables }) });
  if (!loaded.ok) return loaded;
  return exchangeableOf(loaded.value) ?? failure({ code: 'shape', message: 'model.exchangeable is empty.' });
}

/** Names of the columns beside the variables: another where a variable has it. */
const column = (wanted: string, names: readonly Name[]): string => (names.includes(wanted) ? column(`${wanted}_`, names) : wanted);

/** Rows as records; positions are told apart only where something was set at one, since otherwise their order means nothing. */
function* records(
  { levels }: ExchangeableModel,
  { variables, environments, positions, values }: ExchangeableDraw,
  withPositions: boolean,
): Generator<readonly string[]> {
  const cells = variables.map((name) => levels.get(name) as readonly Value[]);
  yield [column('environment', variables), ...(withPositions ? [column('position', variables)] : []), ...variables];
  for (let e = 0; e < environments; e++)
    for (let n = 0; n < positions; n++) {
      const at = (e * positions + n) * variables.length;
      yield [String(e + 1), ...(withPositions ? [String(n + 1)] : []), ...cells.map((own, i) => own[values[at + i] as number] as string)];
    }
}

const batch = 4096;

function* textPieces(model: ExchangeableModel, drawn: ExchangeableDraw, set: readonly CellArgument[], format: string): Generator<string> {
  let head: readonly string[] | undefined;
  let lines: string[] = [];
  for (const record of records(model, drawn, set.length > 0)) {
    if (format === 'csv') lines.push(record.map(csvCell).join(','));
    else if (head !== undefined) lines.push(jsonText(Object.fromEntries(head.map((name, i) => [name, record[i]]))));
    head ??= record;
    if (lines.length < batch) continue;
    yield `${lines.join('\n')}\n`;
    lines = [];
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
}

function* jsonPieces(model: ExchangeableModel, drawn: ExchangeableDraw, set: readonly CellArgument[], seed: number): Generator<string> {
  const { environments, positions, variables } = drawn;
  const head = {
    schema: 'doable/simulation@1',
    seed,
    version,
    model: 'exchangeable',
    levels: Object.fromEntries(variables.map((name) => [name, model.levels.get(name)])),
    environments,
    positions,
    set: set.map(({ variable, position, value }) => ({ variable, position, value: model.levels.get(variable)?.[value] })),
  };
  let text = `${jsonText(head).slice(0, -1)},"rows":[`;
  for (const piece of textPieces(model, drawn, set, 'ndjson'))
    text += `${text.endsWith('[') ? '' : ','}${piece.trimEnd().replaceAll('\n', ',')}`;
  yield `${text}]}\n`;
}
