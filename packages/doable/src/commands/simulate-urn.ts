import {
  type Compartment,
  drawUrn,
  failure,
  type Issue,
  type Result,
  success,
  type UrnOptions,
  type UrnStep,
  version,
} from '@doable/engine';
import { cellsArgument } from '../arguments/cells.ts';
import type { OptionName } from '../arguments/records.ts';
import { jsonText } from '../output/json.ts';
import { toSink } from '../output/sink.ts';
import { type Context, exit, type Run } from './command.ts';
import { foreignOptions } from './simulate-environments.ts';

const foreign: readonly (readonly [OptionName, string])[] = [
  ['rows', 'How many steps: --positions N.'],
  ['do', 'Say at which step: --set X@4=0.'],
  ['levels', 'A ball is white (0) or black (1).'],
  ['truth', 'doable ask examples/urn.json answers exactly.'],
  ['environments', 'An urn is one environment; for more draw its model: doable simulate examples/urn.json --environments N.'],
];
const most = 1_000_000;
const binary = new Map(['X', 'Y'].map((name) => [name, ['0', '1']]));

/** Printed with `--dynamics literal`. */
const warning: Issue = {
  code: 'literal-urn',
  message:
    'The literal urn adds a ball of the colour of X even where X was set, so that do(X@n) moves X at later steps. This contradicts Lemma 2 and Definition 3 of the paper, by which a position that was set says nothing about its own mechanism.',
  hint: 'Answers of doable follow the definition; --dynamics causal does too.',
};

/** `doable simulate urn`: the causal Polya urn of section 3.2 (Guo et al. 2024), step by step. */
export const runSimulateUrn: Run = async (context) => {
  const { args, console } = context;
  const steps = args.number('positions') as number;
  const issues = foreignOptions(context, 'the urn', foreign);
  if (steps > most) issues.push({ code: 'size', message: `The urn is drawn for at most ${most} steps.` });
  const [left, right] = [ballsOf(context, 'left'), ballsOf(context, 'right')];
  const set = cellsArgument(args.many('set'), binary, steps);
  for (const one of [left, right, set]) if (!one.ok) issues.push(...one.issues);
  if (issues.length > 0 || !left.ok || !right.ok || !set.ok) {
    console.fail(issues);
    return exit.badInput;
  }
  const dynamics = args.text('dynamics') === 'literal' ? 'literal' : 'causal';
  if (dynamics === 'literal') console.warn([warning]);
  const options: UrnOptions = {
    seed: args.number('seed') as number,
    steps,
    left: left.value,
    right: right.value,
    set: set.value.map(({ variable, position, value }) => ({
      step: position,
      variable: variable === 'X' ? 'X' : 'Y',
      value: value === 1 ? 1 : 0,
    })),
    dynamics,
  };
  const drawn = drawUrn(options);
  const out = args.text('out');
  try {
    await toSink(out, console.print, [textOf(context, options, drawn)]);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    console.fail([{ code: 'output', message: `${out} cannot be written: ${error.message}` }]);
    return exit.badInput;
  }
  console.note(
    `seed ${options.seed}, ${dynamics} dynamics; balls are those before the draw${out === undefined ? '' : `, written to ${out}`}`,
  );
  return exit.answered;
};

/** Reads `3,1`: white and black balls. */
function ballsOf({ args }: Context, side: 'left' | 'right'): Result<Compartment> {
  const written = args.text(side) ?? '3,1';
  const [white, black, ...more] = written.split(',').map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  if (more.length === 0 && white !== undefined && black !== undefined && white > 0 && black > 0 && white + black < 1e15)
    return success({ white, black });
  return failure({
    code: 'balls',
    message: `--${side}: '${written}' is not WHITE,BLACK, two positive numbers.`,
    hint: `For example --${side} 3,1.`,
  });
}

function textOf({ args }: Context, options: UrnOptions, drawn: readonly UrnStep[]): string {
  const rows = rowsOf(options, drawn);
  if (args.flag('json')) {
    const { seed, left, right, set, dynamics } = options;
    return `${jsonText({ schema: 'doable/simulation@1', seed, version, model: 'urn', dynamics, left, right, set, rows })}\n`;
  }
  if (args.text('data') === 'ndjson') return `${rows.map((row) => jsonText(row)).join('\n')}\n`;
  const names = Object.keys(rows[0] as object);
  return `${[names.join(','), ...rows.map((row) => Object.values(row).join(','))].join('\n')}\n`;
}

/** Balls before the draw, chances by them, the balls drawn (1: black), what was seen and what was set. */
function rowsOf(start: Pick<UrnOptions, 'left' | 'right'>, drawn: readonly UrnStep[]): Readonly<Record<string, number | string>>[] {
  let before = start;
  return drawn.map((step) => {
    const { left, right } = before;
    before = step;
    return {
      position: step.step,
      left_white: left.white,
      left_black: left.black,
      right_white: right.white,
      right_black: right.black,
      chance_left: step.chance.left,
      chance_right: step.chance.right,
      left_ball: step.drawn.left,
      right_ball: step.drawn.right,
      X: step.x,
      Y: step.y,
      set: step.set.join('+'),
    };
  });
}
