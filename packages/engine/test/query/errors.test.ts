import { describe, expect, it } from 'vitest';
import { createGraph } from '../../src/graph/graph.ts';
import { compileQuestion } from '../../src/query/bind.ts';
import type { BindContext } from '../../src/query/names.ts';
import { context } from './words.ts';

/** Question with the place of the mistake in «», code, and what message and hint must say. */
type Case = readonly [string, string, RegExp, RegExp?];

const syntax: readonly Case[] = [
  ['«»', 'empty-question', /empty/, /P\(Y=1 \| do\(X=1\)\)/],
  ['  «»', 'empty-question', /empty/],
  ['«p»(Y=1)', 'unknown-function', /'p'/, /Did you mean P\(/],
  ['«Pr»(Y=1)', 'unknown-function', /'Pr'/, /Write P\(/],
  ['«PSN»(X -> Y)', 'unknown-function', /'PSN'/, /PNS|PS|PN/],
  ['«ATT»(X -> Y)', 'unknown-function', /'ATT'/, /ETT/],
  ['«RR»(X -> Y)', 'unknown-function', /'RR'/, /not linear/],
  ['«Y»=1', 'unknown-function', /'Y'/, /P\(Y=1/],
  ['P(Y=1«»', 'syntax', /'\)' at character 6, but the question ends/, /Close with '\)'/],
  ['P(Y=1«]»', 'syntax', /Expected .*'\)'/, /Write '\)'/],
  ['E[Y«)»', 'syntax', /']'/, /Write ']'/],
  ['P«[»Y=1]', 'syntax', /'\('/, /P\(Y=1\)/],
  ['P(«)»', 'syntax', /the name of a variable/],
  ['P(Y=«»', 'syntax', /a value of Y/],
  ['P(Y=«=»1)', 'syntax', /a value of Y/, /single '='/],
  ['P(Y«<»1)', 'syntax', /'<'/, /Only equality/],
  ['P(Y«≠»1)', 'syntax', /'≠'/, /Only equality/],
  ['P(Y=1«;» X=0)', 'syntax', /';'/, /Write ','/],
  ['P(Y=1 | X=1 «Z»=0)', 'syntax', /'Z'/, /','/],
  ['P(Y=1 | do(X=1) «Z»=0)', 'syntax', /','/],
  ['P(Y=1 | X=1 «|» Z=0)', 'syntax', /'\|'/, /Only one '\|'/],
  ['P(Y=1 | «»', 'syntax', /'do\(' or the name of a variable/],
  ['P(Y=1, do«(»X=1))', 'syntax', /do\(\) stands after/, /P\(Y=1 \| do\(X=1\)\)/],
  ['P(Y | Do«(»X=1))', 'syntax', /'\('/, /do\(X=1\)/],
  ['P(Y | do(«)»)', 'syntax', /the name of a variable/],
  ['P(Y«(»1)=1)', 'syntax', /'\('/, /Y\[X=1\]/],
  ['P(Y[X=1«)»', 'syntax', /'\]'/, /Write ']'/],
  ['P(«1st»=1)', 'syntax', /name of a variable/, /quotation marks/],
  ['P(Y@«x»=1)', 'syntax', /a position/],
  ['P(Y@«0»=1)', 'position', /1, 2, 3/],
  ['P(Y@«1.5»=1)', 'position', /1, 2, 3/],
  ['P(Y=«"drug)»', 'unterminated-quote', /character 5 is never closed/],
  ['P(«""»=1)', 'syntax', /cannot be empty/],
  ['P(Y=«#»)', 'syntax', /a value of Y/, /quotation marks/],
  ['E[Y=«1»]', 'syntax', /without a value/, /P\(Y=1\)/],
  ['E[Y, «Z»]', 'syntax', /one variable/],
  ['2 «P»(Y=1)', 'syntax', /'\*'/, /2\*P/],
  ['«1e999»*P(Y=1)', 'number', /too large/],
  ['P(Y=1) «P»(Z=1)', 'syntax', /'\+' or '-'/, /Join/],
  ['P(Y=1) «*» 2', 'syntax', /'\*'/, /before/],
  ['P(Y=1)«?»', 'syntax', /'\?'/],
  ['ATE(X «-» Y)', 'syntax', /'->'/, /'->'/],
  ['ATE(X«,» Y)', 'syntax', /'->'/],
  ['ATE(X«»', 'syntax', /'->'/, /ATE\(X -> Y\)/],
  ['ATE(X «vs» 0 -> Y)', 'syntax', /'vs'/, /X=1 vs 0/],
  ['ATE(X=1 vs «->» Y)', 'syntax', /a value of X/],
  ['PNS(X -> M «->» Y)', 'syntax', /'->'/, /NDE/],
  ['NDE(X -> Y«)»', 'syntax', /'->'/, /NDE\(X -> M -> Y\)/],
  ['NDE(X -> M=«1» -> Y)', 'syntax', /mediator/],
  [`P(Y${'[M=M'.repeat(16)}[«X»=1`, 'too-deep', /16 deep/],
];

const binding: readonly Case[] = [
  ['P(Survival | do(Treatment=«drg»))', 'unknown-level', /Treatment has no level 'drg'; did you mean 'drug'\?/, /no drug, drug/],
  ['P(Survival | do(Treatment=«Drug»))', 'unknown-level', /did you mean 'drug'/],
  ['P(Y=«2»)', 'unknown-level', /Y has no level '2'\./, /0, 1/],
  ['P(Y=«"1.0"»)', 'unknown-level', /'1\.0'/],
  ['P(«Treatmnet»=drug)', 'unknown-variable', /'Treatmnet'/, /Did you mean 'Treatment'/],
  ['P(«treatment»=drug)', 'unknown-variable', /'treatment'/, /Did you mean 'Treatment'/],
  ['P(«Q»=1)', 'unknown-variable', /'Q'/, /The variables are X, Y/],
  ['P(«Y_1»=1)', 'unknown-variable', /'Y_1'/, /Y\[X=1\]/],
  ['P(Y[«Q»=1]=1)', 'unknown-variable', /'Q'/],
  ['P(Y[X=1]=1 | do(«X=0»))', 'world-conflict', /X is set twice in the world of Y: to '1' and to '0'/, /do\(\) applies/],
  ['P(Y=1 | do(X=1, «X=0»))', 'world-conflict', /twice/],
  ['P(Y[X=1]=1 | do(«X»))', 'world-conflict', /every value/],
  ['P(Y_x=1 | do(«X=0»))', 'world-conflict', /every value/],
  ['PNS(X -> Y | do(«X=1»))', 'world-conflict', /twice/],
  ['P(Y[M=«W[X=0]»]=1)', 'nested-variable', /M cannot take the value of W/, /M=M\[/],
  ['P(Income=«3»)', 'real-value', /probability zero/, /E\[Income.*cut/],
  ['PNS(X -> «Income=3»)', 'levels-needed', /Income/, /cut/],
  ['PNS(X -> «Income»)', 'levels-needed', /real variable/, /cut/],
  ['E[«Arm» | do(X=1)]', 'mean-of-text', /not numbers/, /Arm=b/],
  ['E[«Survival»]', 'mean-of-text', /not numbers/, /Survival=survived/],
  ['E[«Scan»]', 'mean-of-text', /tensor/],
  ['ATE(X -> «Arm»)', 'mean-of-text', /not numbers/, /Arm=b/],
  ['ATE(«Dose» -> Y)', 'levels-needed', /two values of Dose.*real/, /Dose=1 vs 0/],
  ['ATE(«Dose=1» -> Y)', 'levels-needed', /two values of Dose/, /Dose=1 vs 0/],
  ['ATE(«Arm» -> Y)', 'levels-needed', /3 levels \(a, b, c\)/, /Arm=b vs a/],
  ['ATE(«Arm=a» -> Y)', 'levels-needed', /3 levels/, /Arm=a vs b/],
  ['PNS(X -> «Arm»)', 'levels-needed', /3 levels/, /Arm=b/],
  ['PS(X -> «Arm=a»)', 'levels-needed', /3 levels/, /Arm=a vs b/],
  ['P(Y=1 | do(Dose=«high»))', 'not-a-number', /'high'/, /Dose=1\.5/],
  ['P(Y=1 | do(Dose=«1e999»))', 'not-a-number', /finite/],
  ['P(Scan=«1»)', 'tensor-value', /tensor/],
  ['«CATE(X -> Y)»', 'condition-needed', /condition/, /CATE\(X -> Y \| Z=0\)/],
  ['ATE(X -> Y | «X=1»)', 'condition-on-cause', /ATE sets X/, /ETT/],
  ['ATE(X -> Y=1 vs «0»)', 'versus-outcome', /one level/],
  ['P(Y@1=1 | «X=1»)', 'position-missing', /X needs a position/, /X@1/],
  ['P(Y@1=1 | do(«X=1»))', 'position-missing', /X needs a position/, /X@1/],
  ['P(«Y[X@1=1]=1»)', 'position-missing', /Y needs a position/, /Y@1/],
];

const find = (text: string) => {
  const start = text.indexOf('«');
  return { text: text.replace(/[«»]/gu, ''), where: { start, end: text.indexOf('»') - 1 } };
};

describe.each([
  ['syntax', syntax],
  ['binding', binding],
] as const)('%s', (_, cases) => {
  it.each(cases.map(([marked, code, message, hint = /./]) => ({ marked, code, message, hint })))(
    '$marked: $code',
    ({ marked, code, message, hint }) => {
      const { text, where } = find(marked);
      const result = compileQuestion(text, context);
      const issue = result.ok ? undefined : result.issues[0];
      expect(issue).toMatchObject({ code, where, message: expect.stringMatching(message) });
      if (hint.source !== '.') expect(issue?.hint).toMatch(hint);
    },
  );
});

describe('binding to a graph', () => {
  const graph = createGraph({
    variables: [
      { name: 'U', latent: true },
      { name: 'Y', domain: { kind: 'finite', levels: ['no', 'yes'] } },
    ],
    arrows: [
      ['U', 'X'],
      ['U', 'Y'],
      ['X', 'Y'],
    ],
    arcs: [],
  });
  if (!graph.ok) throw new Error('graph');
  const bound: BindContext = {
    graph: graph.value,
    domains: new Map([
      ['X', { kind: 'finite', levels: ['0', '1'] }],
      ['Extra', { kind: 'finite', levels: ['0', '1'] }],
    ]),
  };
  const codes = (text: string) => {
    const result = compileQuestion(text, bound);
    return result.ok ? [] : result.issues.map(({ code }) => code);
  };

  it('takes levels from the domains, then from the graph', () => expect(codes('PNS(X -> Y)')).toEqual([]));
  it('refuses latent variables, asked or set', () => {
    expect(codes('P(U=1)')).toEqual(['latent-variable']);
    expect(codes('P(Y=yes | do(U=1))')).toEqual(['latent-variable']);
  });
  it('refuses columns that are not nodes', () => expect(codes('P(Y=yes | Extra=1)')).toEqual(['not-in-graph']));
  it('never suggests a latent variable', () => {
    const result = compileQuestion('P(V=1)', bound);
    expect(result.ok || result.issues[0]?.hint).toBe('The variables are Y, X.');
  });
});

it('lists all mistakes at once, in order of place, each once', () => {
  const result = compileQuestion('ATE(Q -> R | do(Arm=z), Dose=x)', context);
  expect(result.ok || result.issues.map(({ code, where }) => [code, where?.start])).toEqual([
    ['unknown-variable', 4],
    ['unknown-variable', 9],
    ['unknown-level', 20],
    ['not-a-number', 29],
  ]);
});

it('refuses positions where they make no sense', () => {
  const result = compileQuestion('P(Y@1=1)', { ...context, positions: false });
  expect(result.ok || result.issues.map(({ code }) => code)).toEqual(['positions']);
});
