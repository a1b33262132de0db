/** Everything that turns documents and graphs into text, pictures and files. */

export { printDagitty } from '../graph/formats/dagitty.ts';
export { printDot } from '../graph/formats/dot.ts';
export { printJson } from '../graph/formats/json.ts';
export { printTikz } from '../graph/formats/tikz.ts';
export { checkText } from './check.ts';
export { answersCsv, csvCell } from './csv.ts';
export { discoverySvg, discoveryText } from './discovery.ts';
export { assumptionHelpText, queryHelpText, questionHelpText } from './help.ts';
export { answersLatex, latexText } from './latex.ts';
export { columnsOf, count, grid, listed, paragraph, type Rich, type TextOptions, type Tone, visible } from './layout.ts';
export { answersMarkdown } from './markdown.ts';
export { issuesText } from './messages.ts';
export {
  lawText,
  learntFromText,
  rowsText,
  type SizedStudy,
  samplingNetworkGraph,
  samplingNetworkLines,
  samplingNetworkSvg,
  samplingNetworkText,
} from './sampling-network.ts';
export { answersBoundsSvg, type BoundsPanel, type BoundsRow, type BoundsSvgOptions, boundsSvg } from './svg/bounds.ts';
export { answersFunctionSvg, type FunctionSvgOptions } from './svg/function.ts';
export { graphSvg } from './svg/graph.ts';
export { type LineAxis, type LinePanel, type LinePoint, type LineSeries, type LinesSvgOptions, linesSvg } from './svg/lines.ts';
export { type AnswerTextOptions, answersText, answerText } from './text.ts';
export { verifiedText } from './verified.ts';
export { isNo } from './words.ts';
