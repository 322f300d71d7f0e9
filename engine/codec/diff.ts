import { accepts, formatValue } from '../fields';
import { align, layersOf, type Matched } from './align';
import { computedBy } from './compile';
import { compiledLayer } from './compiled-layers';
import type { LayerTemplate } from './packet';

/** One field in which a packet is not what was expected; texts are as an author writes values. */
export interface FieldDifference {
  /** `tcp.ack`, or `tcp` alone if the whole layer is missing. */
  readonly path: string;
  /** The RFC's name of the field, or the protocol's. */
  readonly rfcName: string;
  readonly section: string;
  readonly expected: string;
  readonly got: string;
  /** The field is a length or checksum, which differs whenever something else does. */
  readonly isConsequence: boolean;
}

/** All fields in which the packet differs from the template; empty if and only if it matches. */
export function diff(template: readonly LayerTemplate[], packet: Matched): FieldDifference[] {
  const differences: FieldDifference[] = [];
  align(template, packet, (wanted, layer) => {
    const { descriptor, fields } = compiledLayer(wanted.layer);
    if (layer === undefined) {
      differences.push({
        path: wanted.layer,
        rfcName: descriptor.name,
        section: descriptor.spec,
        expected: `a layer ${wanted.layer}`,
        got: layersOf(packet)
          .map(({ layer: key }) => key)
          .join(' / '),
        isConsequence: false,
      });
      return true;
    }
    for (const [key, field] of fields) {
      const expected = wanted.fields[key];
      const of = field.virtual?.of;
      const actual = layer[key] ?? (of === undefined ? undefined : layer[of]);
      if (accepts(field.kind, expected, actual)) continue;
      differences.push({
        path: `${wanted.layer}.${key}`,
        rfcName: field.rfcName,
        section: field.section,
        expected: formatValue(field.kind, expected, wanted.fields),
        got: formatValue(field.kind, actual, layer),
        isConsequence: ['headerLength', 'totalLength', 'payloadLength', 'checksum'].some((rule) =>
          computedBy(field, rule as 'checksum'),
        ),
      });
    }
    return true;
  });
  return differences;
}
