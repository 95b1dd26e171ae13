import { isDeepStrictEqual } from 'node:util';
import { asJson, type JsonObject } from '../../json.ts';

/**
 * Returns properties with the actual values of those settings that differ.
 * @param set the settings that the properties set
 */
export function actualSettings(properties: JsonObject, set: object, actual: object): JsonObject {
  const [wanted, found] = [asJson(set), asJson(actual)];
  const entries = Object.entries(properties).flatMap(([name, value]): [string, JsonObject[string]][] => {
    if (isDeepStrictEqual(wanted[name], found[name])) return [[name, value]];
    return found[name] === undefined ? [] : [[name, found[name]]];
  });
  return Object.fromEntries(entries);
}
