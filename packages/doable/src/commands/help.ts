import { additiveHelp, didYouMean, helpFor, queryHelp, version } from '@doable/engine';
import { assumptionHelpText, paragraph, queryHelpText, questionHelpText, type TextOptions } from '@doable/engine/present';
import { type CommandRecord, commands, exitCodes, firstExamples, laterCommands, type OptionRecord, options } from '../arguments/records.ts';
import { exit, type Run } from './command.ts';

/** `doable help`: of everything, of a query function, of a command, of the language. */
export const runHelp: Run = async ({ args, console }) => {
  const [word, ...more] = args.positionals;
  const topics = [...queryHelp.map(({ name }) => name), ...commands.map(({ name }) => name), 'questions', additiveHelp.name];
  const command = commands.find(({ name }) => name === word);
  const query = word === undefined ? undefined : (helpFor(word) ?? helpFor(word.toUpperCase()) ?? helpFor(word.toLowerCase()));
  if (word === undefined) await console.print(mainHelp(console.out));
  else if (more.length === 0 && command !== undefined) await console.print(commandHelp(command, console.out));
  else if (more.length === 0 && word === 'questions') await console.print(questionHelpText(console.out));
  else if (more.length === 0 && word === additiveHelp.name) await console.print(assumptionHelpText(additiveHelp, console.out));
  else if (more.length === 0 && query !== undefined) await console.print(queryHelpText(query, console.out));
  else {
    const hint = didYouMean(word, topics, (topic) => `doable help ${topic}`) ?? `There is help about ${topics.join(', ')}.`;
    console.fail([{ code: 'no-help', message: `There is no help about '${[word, ...more].join(' ')}'.`, hint }]);
    return exit.badInput;
  }
  return exit.answered;
};

const plain: NonNullable<TextOptions['paint']> = (_, text) => text;

/** `doable --help`. */
export function mainHelp(style: TextOptions = {}): string {
  const paint = style.paint ?? plain;
  const name = (text: string): string => text.padEnd(10);
  return [
    paint('title', 'Try, from the root of the repository:'),
    ...firstExamples.flatMap(([example, says]) => [`  ${example}`, `      ${paint('dim', says)}`]),
    '',
    ...paragraph(`doable ${version}: ask causal questions of your studies.`, style),
    '',
    paint('title', 'Commands'),
    ...commands.flatMap((command) => paragraph(command.says, style, ['  ', { tone: 'title', text: name(command.name) }])),
    ...paragraph({ tone: 'dim', text: `Not yet in this version: ${Object.keys(laterCommands).join(', ')}.` }, style, `  ${name('')}`),
    '',
    paint('title', 'Exit codes'),
    ...exitCodes.flatMap(([code, says]) => paragraph(says, style, `  ${name(code)}`)),
    '',
    ...paragraph(
      'Answers go to standard output; progress, warnings and time to standard error. NO_COLOR, FORCE_COLOR and TERM=dumb are honoured. doable COMMAND --help lists the options of a command, doable help questions the question language.',
      style,
    ),
  ].join('\n');
}

/** `doable COMMAND --help`. */
export function commandHelp(command: CommandRecord, style: TextOptions = {}): string {
  const paint = style.paint ?? plain;
  const records = command.options.map((name): OptionRecord => options[name]);
  const widest = Math.min(26, Math.max(0, ...records.map((record) => optionText(record).length)));
  return [
    paint('title', 'Examples'),
    ...command.examples.map((example) => `  ${example}`),
    '',
    ...paragraph(command.usage, style, [{ tone: 'dim', text: 'Usage  ' }]),
    '',
    ...paragraph(command.says, style),
    ...command.about.flatMap((text) => ['', ...paragraph(text, style)]),
    ...(records.length === 0 ? [] : ['', paint('title', 'Options')]),
    ...records.flatMap((record) => {
      const head = optionText(record);
      const says = record.says + optionNotes(record);
      if (head.length <= widest) return paragraph(says, style, `  ${head.padEnd(widest)}  `);
      return [`  ${head}`, ...paragraph(says, style, ' '.repeat(widest + 4))];
    }),
  ].join('\n');
}

/** `--seed N`, `-q, --quiet`. */
export const optionText = ({ name, short, value }: OptionRecord): string =>
  `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;

/** What stands behind the sentence of an option: its choices, default, and whether it can be repeated. */
export function optionNotes({ choices, many, default: standard }: OptionRecord): string {
  const notes = [
    ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
    ...(standard === undefined ? [] : [`default ${standard}`]),
    ...(many === true ? ['can be given several times'] : []),
  ];
  return notes.length === 0 ? '' : ` (${notes.join('; ')})`;
}

/** docs/reference/command.md */
export function commandReference(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  return [
    '<!-- Generated from packages/doable/src/arguments/records.ts; the command tests fail on a difference. -->',
    '',
    '# The command',
    '',
    'Answers go to standard output and nothing else does; progress, warnings and time go to standard error.',
    'Colour: `FORCE_COLOR` paints everywhere and wins; then a `NO_COLOR` that is not empty and `TERM=dumb` paint nowhere; otherwise terminals are painted.',
    'Ctrl-C stops and prints what is known, marked partial; a second Ctrl-C leaves at once.',
    '',
    '```sh',
    ...firstExamples.map(([example, says]) => `${example}   # ${says}`),
    '```',
    '',
    '| exit code | means |',
    '| --- | --- |',
    ...exitCodes.map(([code, says]) => `| ${code} | ${cell(says)} |`),
    ...commands.flatMap((command) => [
      '',
      `## ${command.name}`,
      '',
      '```text',
      command.usage,
      '```',
      '',
      command.says,
      ...command.about.flatMap((text) => ['', text]),
      '',
      '```sh',
      ...command.examples,
      '```',
      ...(command.options.length === 0 ? [] : ['', '| option | says |', '| --- | --- |']),
      ...command.options.map(
        (name) => `| \`${cell(optionText(options[name]))}\` | ${cell(options[name].says + optionNotes(options[name]))} |`,
      ),
    ]),
    '',
    '## Later',
    '',
    ...Object.entries(laterCommands).map(([name, says]) => `- \`${name}\`: ${says}. Not yet in this version.`),
    '',
  ].join('\n');
}
