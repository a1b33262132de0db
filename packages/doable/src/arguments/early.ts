import { compileQuestion, type Issue, parseQuestion, readGraph } from '@doable/engine';

/** Codes that a question keeps whatever the levels of its variables are found to be. */
const lasting = new Set(['unknown-variable', 'latent-variable']);

/**
 * Where the studies of a problem are broken its questions cannot be bound in full, but their syntax and their names can be
 * checked against the graph, so that all is listed together.
 */
export function earlyIssues(questions: readonly string[], document: Readonly<Record<string, unknown>>): Issue[] {
  const graph = typeof document.graph === 'string' ? readGraph(document.graph) : undefined;
  const asked = questions.length > 0 || !Array.isArray(document.ask) ? questions : document.ask.filter((one) => typeof one === 'string');
  return asked.flatMap((text) => {
    const parsed = parseQuestion(text);
    const bound = !parsed.ok || graph?.ok !== true ? parsed : compileQuestion(text, { graph: graph.value, domains: new Map() });
    const issues = bound.ok ? [] : parsed.ok ? bound.issues.filter(({ code }) => lasting.has(code)) : bound.issues;
    return issues.map((issue) => ({ ...issue, where: { ...issue.where, text } }));
  });
}

/** Places in the graph of a document are shown in its text. */
export function placed(issues: readonly Issue[], { graph }: Readonly<Record<string, unknown>>): Issue[] {
  return issues.map((issue) => {
    const { where } = issue;
    const isGraph =
      typeof graph === 'string' && where?.start !== undefined && where.text === undefined && issue.message.startsWith('graph: ');
    return isGraph ? { ...issue, where: { ...where, text: graph } } : issue;
  });
}
