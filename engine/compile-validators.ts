/**
 * Run by the build after the compiler: writes the validators of all verbs and calls into dist/, so that no run of
 * packetcase spends its first tenth of a second on compiling schemas. `node dist/engine/compile-validators.js`
 */
import { writeFileSync } from 'node:fs';
import { buildValidators, compiledValidatorsFile } from './loader';
import { caseVocabulary } from './vocabulary';

writeFileSync(compiledValidatorsFile, buildValidators(caseVocabulary()));
