import { type VerifiedAnswer, verifyAnswer, verifyCertificate } from '@doable/engine';
import { verifiedText } from '@doable/engine/present';
import { answersIn } from '../arguments/certified.ts';
import { readFileArgument } from '../arguments/file.ts';
import { jsonText } from '../output/json.ts';
import { type Exit, exit, type Run } from './command.ts';

/** `doable verify ANSWERS`: certificates checked by plain arithmetic. */
export const runVerify: Run = async ({ args, console, stdin }) => {
  const [word, ...more] = args.positionals;
  const bad = (message: string, hint: string): Exit => {
    console.fail([{ code: 'input', message, hint }]);
    return exit.badInput;
  };
  if (word === undefined) return bad('Which answers?', 'doable ask PROBLEM --json | doable verify -');
  if (more.length > 0) return bad(`One file at a time: '${more[0]}' is too much.`, 'Give answers of several runs one after the other.');
  const read = await readFileArgument(word, 'file of answers', stdin);
  if (!read.ok) {
    console.fail(read.issues);
    return exit.badInput;
  }
  const { text, file } = read.value;
  if (file === undefined && !/^\s*[[{]/u.test(text)) return bad(`There is no file “${word}”.`, 'doable ask PROBLEM --json > answers.json');
  const answers = answersIn(text, file ?? 'this');
  if (!answers.ok) {
    console.fail(answers.issues);
    return exit.badInput;
  }
  const options = { exact: args.flag('exact') };
  const verified = answers.value.flatMap((answer): VerifiedAnswer[] => {
    const bare = isBare(answer) ? verifyCertificate(answer.certificate, options) : verifyAnswer(answer, options);
    return bare === undefined ? [] : [bare];
  });
  const without = answers.value.length - verified.length;
  if (verified.length === 0)
    return bad(
      answers.value.length === 1 ? 'The answer has no certificate.' : `None of ${answers.value.length} answers has a certificate.`,
      'Bounds have one: doable ask --json with a question that is not identified, or with --bounds exact.',
    );
  if (without > 0) console.note(`${without} of ${answers.value.length} answers have no certificate: they are no bounds.`);
  const accepted = verified.every((one) => one.accepted);
  await console.print(
    args.flag('json') ? jsonText({ schema: 'doable/verified@1', accepted, answers: verified }, 2) : verifiedText(verified, console.out),
  );
  return accepted ? exit.answered : exit.no;
};

/** A certificate that was given by itself. */
const isBare = (answer: unknown): answer is { readonly certificate: unknown } =>
  typeof answer === 'object' && answer !== null && Object.keys(answer).join() === 'certificate';
