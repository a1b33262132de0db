export { type AssumptionHelp, additiveHelp } from './additive/help.ts';
export { type Asked, type AskOptions, ask, explain, Fault } from './ask.ts';
export type { Certificate } from './bounds/certificate.ts';
export { credible } from './bounds/credible.ts';
export { type EmccOptions, type EmccOutcome, type EmccRun, emccBounds } from './bounds/emcc.ts';
export { loadSolver, type Solver } from './bounds/highs.ts';
export { certificateOf, linearBounds } from './bounds/linear-bounds.ts';
export { multilinearBounds } from './bounds/multilinear.ts';
export { type Prepared, prepare, programmeOf } from './bounds/prepare.ts';
export type { Block, BlockPoint, Cell, Digit, Form, ModelPoint, Programme, Stratum, Target } from './bounds/programme.ts';
export type { BlockAgreement, Bounded, BoundOptions, Bounds } from './bounds/rule.ts';
export { openBounds } from './bounds/rule.ts';
export { type BoundsProblem, type Structure, structureOf } from './bounds/structure.ts';
export { type Check, type Verification, type VerifyOptions, verifyCertificate } from './bounds/verify.ts';
export { type CheckReport, check, type QuestionOverlap, type StudyTable } from './check.ts';
export type { Catalogue, Offer } from './data/catalogue.ts';
export type { Counts } from './data/counts.ts';
export { csvReader } from './data/csv.ts';
export { type MemoryData, memorySource, memoryStudy } from './data/memory.ts';
export { countsStudy } from './data/records.ts';
export { observation, type Regime } from './data/regime.ts';
export type { Declared, SourceHost, StudySource, StudySpec } from './data/source.ts';
export type { Study } from './data/study.ts';
export { type Discoverable, type DiscoverOptions, discoverGraph } from './discover.ts';
export { askLearned, type LearnedAnswers } from './discover-ask.ts';
export type {
  DiscoveredEdge,
  DiscoveryDocument,
  DiscoveryRound,
  MissingEdge,
  OtherGraph,
  Resampled,
  ResampledGraph,
} from './discover-document.ts';
export { type Builder, createBuilder } from './estimand/builder.ts';
export { type Because, type Estimand, type Place, variableOf } from './estimand/estimand.ts';
export { createAxes, fold, leavesOf, stepsOf } from './estimand/fold.ts';
export { estimandFromJson, estimandToJson, type SharedEstimand } from './estimand/json.ts';
export { simplify } from './estimand/simplify.ts';
export { type Discovery, discover as discoverEnvironments } from './exchangeable/discover.ts';
export { type DrawOptions, drawExchangeable, type ExchangeableDraw } from './exchangeable/draw.ts';
export type { Environments } from './exchangeable/environments.ts';
export { exactProbability } from './exchangeable/exact.ts';
export { drawEnvironments, xorModel } from './exchangeable/processes.ts';
export type { CellQuery, ExchangeableModel, Mechanism, ValuedCell } from './exchangeable/terms.ts';
export { type Compartment, drawUrn, type UrnAction, type UrnOptions, type UrnStep, urnModel } from './exchangeable/urn.ts';
export { exchangeableOf } from './exchangeable-answer.ts';
export { explainStructure } from './explanations.ts';
export type { TrainingData } from './generative/batch.ts';
export { type BringOptions, type Brought, type BroughtSource, bring } from './generative/brought/bring.ts';
export { type BroughtExecutable, BroughtFailure, type DeclaredTensor, type SamplerFunction } from './generative/brought/contract.ts';
export { type CheckedManifest, type Manifest, manifestJsonSchema, readManifest } from './generative/brought/manifest.ts';
export type { ProbeReport } from './generative/brought/probe.ts';
export type { Design } from './generative/design.ts';
export {
  type DrawOptions as NetworkDrawOptions,
  drawFromNetwork,
  drawInBatches,
  type FittedNetwork,
  inputsFrom,
} from './generative/draw.ts';
export { type FactorReport, type FitNetworkOptions, type FitReport, fitNetwork } from './generative/fit-network.ts';
export { type IdGenOptions, type IdGenResult, idGen } from './generative/id-gen.ts';
export { type FreeInputSpread, spreadOverFreeInputs } from './generative/invariance.ts';
export type { Pictures } from './generative/metrics/pictures.ts';
export { type ChooseOptions, chooseModels, defaultFitter, type PartChoice } from './generative/models/choose.ts';
export { type KindsOptions, kindsFitter } from './generative/models/kinds-fitter.ts';
export { type KindsModel, picturesOf } from './generative/models/kinds-model.ts';
export { kindsIssues, type LearnKindsOptions, learnKinds } from './generative/models/learn-kinds.ts';
export type { NetworkModel } from './generative/models/network-model.ts';
export { type CheckpointStore, type NeuralOptions, networkFitter } from './generative/models/neural.ts';
export { type FactorManifest, loadFactor, type SavedFactor, saveFactor } from './generative/models/saved.ts';
export { loadSorting, type SavedSorting, saveSorting } from './generative/models/saved-kinds.ts';
export {
  type MixtureSize,
  mixtureSizes,
  type SizedOptions,
  type SizeTried,
  sizedMixtureFitter,
} from './generative/models/sized-mixture.ts';
export type { SortedPictures } from './generative/models/sorted-pictures.ts';
export { type TableModel, type TableState, tableFitter, tableModel } from './generative/models/table.ts';
export {
  factorsBefore,
  type NetworkInput,
  type NetworkNode,
  type NetworkPlan,
  type PlannedFactor,
  type SamplingNetwork,
  taskOf,
  type Wire,
} from './generative/network.ts';
export type {
  Batch,
  ColumnType,
  ColumnValues,
  ConditionalModel,
  ConditionalTask,
  FitOptions,
  Fitter,
  ModelKind,
} from './generative/terms.ts';
export { districtOf, districts } from './graph/districts.ts';
export { parseBif, printBif } from './graph/formats/bif.ts';
export { parseDagitty, printDagitty } from './graph/formats/dagitty.ts';
export { parseDot, printDot } from './graph/formats/dot.ts';
export { graphFromJson, graphToJson, parseJson, printJson } from './graph/formats/json.ts';
export { parseLavaan } from './graph/formats/lavaan.ts';
export { formatOf, readGraph } from './graph/formats/read.ts';
export { printTikz } from './graph/formats/tikz.ts';
export { createGraph, type Edge, type Graph, type GraphParts } from './graph/graph.ts';
export { impliedIndependences } from './graph/independences.ts';
export { ancestors, children, descendants, observed, parents, siblings, topologicalOrder } from './graph/kin.ts';
export { project, projectLatent } from './graph/projection.ts';
export { separated } from './graph/separation.ts';
export { minimalSeparator, minimalSeparators } from './graph/separators.ts';
export * as surgery from './graph/surgery.ts';
export type { Assignment, Domain, Name, Value, Variable } from './graph/variable.ts';
export { type IdentifiedQuestion, identify, identifyQuery, type RefusedQuestion, stateValues, whatWouldHelp } from './identification.ts';
export { adjustmentSets, frontDoorSet, instruments, isAdjustmentSet, isFrontDoor } from './identify/adjustment.ts';
export { isHedge } from './identify/id.ts';
export type { Hedge, Identified, OpenAxis, ProofLine, Refusal, Rule, RuleOptions } from './identify/rule.ts';
export type {
  AdditiveReport,
  Agreement,
  Answer,
  AnswersDocument,
  DerivationLine,
  Diagnostic,
  EmccReport,
  FunctionPoint,
  LearnedGraph,
  MeanFunction,
  NextStudy,
  Point,
  Status,
  Tightness,
} from './interpret/answer.ts';
export { fillTables, freeWeightsOf } from './interpret/fill.ts';
export { formulaLatex, formulaText } from './interpret/formula.ts';
export { holm, type IndependenceTest, testIndependence } from './interpret/independence.ts';
export { type Evaluation, evaluate } from './interpret/number.ts';
export { compile, type Plan } from './interpret/plan.ts';
export { countTables, type LeafTables } from './interpret/tables.ts';
export { type Uncertainty, uncertaintyOf } from './interpret/uncertainty.ts';
export { type Verified, verifyEstimand } from './interpret/verify.ts';
export type { Factor } from './math/factor.ts';
export { Random } from './math/random.ts';
export { exactCounterfactual } from './model/counterfactual.ts';
export { exactDistribution } from './model/exact.ts';
export { type GradientRank, gradientRank, type RankOffer } from './model/gradient-rank.ts';
export { modelFromNetwork } from './model/network.ts';
export { sample } from './model/sample.ts';
export { type DiscreteModel, randomModel } from './model/scm.ts';
export {
  freeInputsData,
  type NetworkDocument,
  networkDocument,
  type ReadNetwork,
  readFreeInputs,
  readNetworkDocument,
  type TrainedWith,
} from './network-document.ts';
export { loadProblem, type Problem } from './problem.ts';
export { proveQuestion } from './prove.ts';
export { type Available, parseAvailable } from './query/available.ts';
export { bindQuestion, compileQuestion } from './query/bind.ts';
export { type Completion, complete } from './query/complete.ts';
export { helpFor, type QueryHelp, queryHelp, questionReference } from './query/help.ts';
export { parseQuestion } from './query/parse.ts';
export { printQuery, printQuestion, printTerm } from './query/print.ts';
export { type Rung, rungOf } from './query/rung.ts';
export type { Query, Question, Setting, Term } from './query/terms.ts';
export { type Errors, type Estimator, estimators, type FigureModel, type FigureSettings } from './reproduce/additive-figure.ts';
export {
  type Average,
  type FigureCheck,
  type FigurePart,
  type FigureSummary,
  figureParts,
  summariseFigure,
} from './reproduce/additive-summary.ts';
export { type BenchmarkSettings, benchmarkTask } from './reproduce/benchmark.ts';
export {
  type DoFinettiRun,
  type DoFinettiSettings,
  type FigureSeries,
  figureSeries,
  type GraphSeries,
  graphSeries,
} from './reproduce/do-finetti.ts';
export {
  type DoFinettiCheck,
  type DoFinettiPart,
  type DoFinettiPoint,
  doFinettiChecks,
  doFinettiParts,
  type Earlier,
  summariseDoFinetti,
} from './reproduce/do-finetti-summary.ts';
export { type AuditDemo, type AuditDemoSettings, auditDemo } from './reproduce/images/audit-demo.ts';
export type { DemoFactor, DemoTools } from './reproduce/images/demo.ts';
export { type Exemplars, exemplarsOf } from './reproduce/images/exemplars.ts';
export { type IdGenSettings, type IdGenSize, idGenSettings } from './reproduce/images/id-gen-settings.ts';
export {
  type DigitAttributes,
  type DigitPictures,
  drawDigits,
  drawNapkin,
  type NapkinRows,
  type NapkinTruth,
  napkinBatch,
  napkinGraph,
  napkinLabels,
  napkinTruth,
  napkinTypes,
} from './reproduce/images/napkin.ts';
export { type NapkinDemo, type NapkinDemoSettings, napkinDemo } from './reproduce/images/napkin-demo.ts';
export type { PictureScores } from './reproduce/images/picture-scores.ts';
export { colours, type Recipe, renderRecipe, type TensorColumn, thicknesses } from './reproduce/images/render.ts';
export { findings as findingNames, reportCode, reportLevels } from './reproduce/images/report.ts';
export { type ReportDemo, type ReportDemoSettings, reportDemo } from './reproduce/images/report-demo.ts';
export { type TableLine, type TablesDemoSettings, tablesDemo } from './reproduce/images/tables-demo.ts';
export { type BenchmarkRecord, readBenchmarkRecord } from './reproduce/record.ts';
export { type BenchmarkModel, type BenchmarkSummary, type Containment, type Data, type Shrunk, summarise } from './reproduce/summary.ts';
export { type TableOneRow, tableOne } from './reproduce/table-one.ts';
export { rules } from './rules.ts';
export { failure, type Issue, type Result, success, type Where } from './run/issue.ts';
export { didYouMean } from './run/nearest.ts';
export { inlinePool, type Pool } from './run/pool.ts';
export { Interrupted, type ProgressEvent, type RunOptions, type Signal } from './run/progress.ts';
export type { Sampler } from './sampler-answer.ts';
export { planSample, type SamplePlan, type SamplePlanOptions, trainingRows, variablesOf } from './sampling.ts';
export { type GraphModel, type ModelOptions, modelFor, readModel, type Truth, truthOf } from './simulate.ts';
export type { Backend } from './tensor/backend.ts';
export { certifiedIn, type VerifiedAnswer, verifyAnswer, verifyAnswers } from './verify-answer.ts';
export { type ProgrammeOptions, verifyProgramme } from './verify-programme.ts';
export { version } from './version.ts';
