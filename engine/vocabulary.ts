import { constantGroups, errnoNames, errnoNumber, errnoText, socketOptions, tcpInfo } from '../bindings';
import { callDescriptors } from '../dut';
import { layerDescriptors, layerSchema } from './codec';
import type { ExpressionLanguage } from './expressions';
import { buildCaseSchema, buildDefaultsSchema, type Vocabulary } from './loader';
import { caseLanguage } from './plan';
import { stepDefinitions } from './steps';

/** Names of the stacks that a case may list under `stacks:`. */
export const stackNames: readonly string[] = ['linux', 'gvisor', 'lwip', 'remote'];

let vocabulary: Vocabulary | undefined;

/** All words of the case language, gathered from the lists that own them. */
export function caseVocabulary(): Vocabulary {
  if (vocabulary !== undefined) return vocabulary;
  const words: Vocabulary = {
    definitions: stepDefinitions,
    calls: callDescriptors,
    layers: layerDescriptors,
    layerSchema,
    constants: constantGroups,
    options: socketOptions.map((option) => ({
      ...option,
      constants: option.constants === undefined ? undefined : [option.constants],
    })),
    errnos: errnoNames.map((name) => ({ name, doc: errnoText(errnoNumber(name) ?? 0) })),
    tcpInfo: tcpInfo.members.map(({ name, doc }) => ({ name, doc })),
    stacks: stackNames,
  };
  vocabulary = words;
  return words;
}

let language: ExpressionLanguage | undefined;

/** The language of expressions in cases: constants are numbers, names of errnos are texts. */
export function caseExpressions(): ExpressionLanguage {
  if (language !== undefined) return language;
  const constants: Record<string, number | string> = {};
  for (const group of constantGroups) Object.assign(constants, group.values);
  for (const name of errnoNames) constants[name] = name;
  language = caseLanguage(constants);
  return language;
}

/** The generated files of schemas/, by name. */
export function schemaFiles(): Readonly<Record<string, string>> {
  const words = caseVocabulary();
  const text = (schema: unknown): string => `${JSON.stringify(schema, undefined, 2)}\n`;
  return { 'case.schema.json': text(buildCaseSchema(words)), 'defaults.schema.json': text(buildDefaultsSchema(words)) };
}
