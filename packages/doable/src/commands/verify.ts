import {
  type Certificate,
  certifiedIn,
  loadProblem,
  type Problem,
  type Result,
  success,
  type VerifiedAnswer,
  verifyAnswers,
  verifyCertificate,
  verifyProgramme,
} from '@doable/engine';
import { verifiedText } from '@doable/engine/present';
import { answersIn } from '../arguments/certified.ts';
import { readFileArgument } from '../arguments/file.ts';
import { jsonText } from '../output/json.ts';
import { nodeSources, readDocumentFile } from '../studies/files.ts';
import { type Exit, exit, type Run } from './command.ts';

/** `doable verify ANSWERS [PROBLEM]`: certificates checked by plain arithmetic, and whether they are about the problem. */
export const runVerify: Run = async ({ args, console, stdin }) => {
  const [word, path, ...more] = args.positionals;
  const bad = (message: string, hint: string): Exit => {
    console.fail([{ code: 'input', message, hint }]);
    return exit.badInput;
  };
  if (word === undefined) return bad('Which answers?', 'doable ask PROBLEM --json | doable verify -');
  if (more.length > 0)
    return bad(`One file of answers and one problem: '${more[0]}' is too much.`, 'Give answers of several runs one after the other.');
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
  const verified = answers.value.flatMap((answer): readonly VerifiedAnswer[] =>
    isBare(answer) ? [verifyCertificate(answer.certificate, options)] : verifyAnswers(answer, options),
  );
  if (answers.value.some(isProblem))
    return bad(`“${word}” is a problem document, not answers.`, `First: doable ask ${word} --json > answers.json`);
  const without = answers.value.filter((answer) => certificatesIn(answer).length === 0).length;
  if (verified.length === 0)
    return bad(
      answers.value.length === 1 ? 'The answer has no certificate.' : `None of ${answers.value.length} answers has a certificate.`,
      'Bounds have one: doable ask --json with a question that is not identified, or with --bounds exact.',
    );
  if (without > 0) console.note(`${without} of ${answers.value.length} answers have no certificate: they are no bounds.`);
  const held = path === undefined ? success(verified) : await holdAgainst(path, answers.value, verified, stdin);
  if (!held.ok) {
    console.fail(held.issues);
    return exit.badInput;
  }
  const accepted = held.value.every((one) => one.accepted);
  await console.print(
    args.flag('json') ? jsonText({ schema: 'doable/verified@1', accepted, answers: held.value }, 2) : verifiedText(held.value, console.out),
  );
  return accepted ? exit.answered : exit.no;
};

const isProblem = (one: unknown): boolean =>
  typeof one === 'object' && one !== null && 'schema' in one && `${one.schema}`.startsWith('doable/problem');

/** The accepted ones once more, as certificates about a problem document. */
async function holdAgainst(
  path: string,
  answers: readonly unknown[],
  verified: readonly VerifiedAnswer[],
  stdin: NodeJS.ReadableStream,
): Promise<Result<readonly VerifiedAnswer[]>> {
  const file = await readDocumentFile(path, stdin);
  if (!file.ok) return file;
  const sources = nodeSources(file.value.directory, { pixels: false });
  try {
    const problem: Result<Problem> = await loadProblem(file.value.document, sources);
    if (!problem.ok) return problem;
    const certificates = answers.flatMap(certificatesIn);
    const held: VerifiedAnswer[] = [];
    for (const [i, one] of verified.entries()) {
      const certificate = certificates[i];
      if (!one.accepted || certificate === undefined) {
        held.push(one);
        continue;
      }
      const checks = await verifyProgramme(certificate, problem.value);
      held.push({ ...one, against: true, accepted: checks.every(({ passed }) => passed), checks: [...one.checks, ...checks] });
    }
    return success(held);
  } finally {
    sources.close();
  }
}

const certificatesIn = (answer: unknown): Certificate[] => certifiedIn(answer).map(({ certificate }) => certificate as Certificate);

/** A certificate that was given by itself. */
const isBare = (answer: unknown): answer is { readonly certificate: unknown } =>
  typeof answer === 'object' && answer !== null && Object.keys(answer).join() === 'certificate';
