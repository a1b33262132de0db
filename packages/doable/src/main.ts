#!/usr/bin/env node
import { didYouMean, type Issue, version } from '@doable/engine';
import { parseArguments } from './arguments/parse.ts';
import { looksLikeProblem } from './arguments/problem.ts';
import { commands, laterCommands } from './arguments/records.ts';
import { runAsk } from './commands/ask.ts';
import { runCheck } from './commands/check.ts';
import { type Exit, exit, type Run } from './commands/command.ts';
import { runConvert } from './commands/convert.ts';
import { runDiscover } from './commands/discover.ts';
import { runExplain } from './commands/explain.ts';
import { commandHelp, mainHelp, runHelp } from './commands/help.ts';
import { runReproduce } from './commands/reproduce.ts';
import { runSample } from './commands/sample.ts';
import { runSimulate } from './commands/simulate.ts';
import { runVerify } from './commands/verify.ts';
import { consoleOf } from './output/human.ts';

const runs: Readonly<Record<string, Run>> = {
  ask: runAsk,
  explain: runExplain,
  check: runCheck,
  discover: runDiscover,
  verify: runVerify,
  convert: runConvert,
  sample: runSample,
  simulate: runSimulate,
  reproduce: runReproduce,
  help: runHelp,
};

async function main(words: readonly string[]): Promise<Exit> {
  const streams = { stdout: process.stdout, stderr: process.stderr, env: process.env };
  const console = consoleOf(streams, false);
  const [first, ...rest] = words;
  if (first === undefined || first === '--help' || first === '-h') {
    await console.print(mainHelp(console.out));
    return exit.answered;
  }
  if (first === '--version' || first === '-V') {
    await console.print(version);
    return exit.answered;
  }
  const command = commands.find(({ name }) => name === first);
  const run = runs[first];
  if (command === undefined || run === undefined) {
    console.fail([unknownCommand(first)]);
    return exit.badInput;
  }
  if (rest.some((word) => word === '--help' || word === '-h')) {
    await console.print(commandHelp(command, console.out));
    return exit.answered;
  }
  const args = parseArguments(rest, command.options, command.name);
  if (!args.ok) {
    console.fail(args.issues);
    return exit.badInput;
  }
  return run({ args: args.value, console: consoleOf(streams, args.value.flag('quiet')), stdin: process.stdin, env: process.env });
}

function unknownCommand(word: string): Issue {
  const later = laterCommands[word];
  if (later !== undefined)
    return { code: 'later', message: `doable ${word} (${later}) is not yet in this version.`, hint: 'doable --help lists what is.' };
  const hint = looksLikeProblem(word)
    ? 'Did you mean doable ask?'
    : (didYouMean(
        word,
        commands.map(({ name }) => name),
        (name) => `doable ${name}`,
      ) ?? 'doable --help lists the commands.');
  return { code: 'unknown-command', message: `There is no command '${word}'.`, hint };
}

function fault(error: unknown): Exit {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`\nThis is a fault of doable ${version}, not of what you gave it. Please report it with what follows.\n${text}\n`);
  return exit.fault;
}

/** A reader that left early (`| head`) is no fault, nor is a full disk. */
function onStreamError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(exit.answered);
  if (error.syscall !== undefined) {
    process.stderr.write(`error: Standard output cannot be written: ${error.message}\n`);
    process.exit(exit.badInput);
  }
  process.exit(fault(error));
}

// Nothing leaves this machine: ONNX Runtime would report its use to its maker.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
process.stdout.on('error', onStreamError);
process.stderr.on('error', onStreamError);
process.on('uncaughtException', (error) => process.exit(fault(error)));
process.on('unhandledRejection', (error) => process.exit(fault(error)));
const code = await main(process.argv.slice(2)).catch(fault);
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
