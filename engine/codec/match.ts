import { align, type Matched } from './align';
import { compiledLayer } from './compiled-layers';
import type { Layer, LayerTemplate } from './packet';

/** Whether a packet has the template's layers with the values it sets. What the template leaves unset is not looked at. */
export function match(template: readonly LayerTemplate[], packet: Matched): boolean {
  return align(template, packet, acceptsLayer);
}

function acceptsLayer(wanted: LayerTemplate, layer: Layer | undefined): boolean {
  return layer !== undefined && compiledLayer(wanted.layer).accepts(wanted.fields, layer);
}
