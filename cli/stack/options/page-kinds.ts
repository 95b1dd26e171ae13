import { formatLimit } from '../../ui/format.ts';
import { onOffValue, textValue } from './option-kind.ts';
import { isColor, isLine } from './value-checks.ts';

/** Options of the upload page, part of the table in kinds.ts. */
export const PAGE_KINDS = {
  page: {
    flag: '--page',
    summary: 'Serve an upload page at the address of the edge',
    off: 'Serve no upload page',
    details: 'People upload there with a link, or sign in.',
    takes: 'no value',
    ...onOffValue(),
  },
  pageTitle: {
    flag: '--page-title',
    argument: '<text>',
    summary: 'The heading of the page: who receives the files',
    takes: 'one line of up to 80 characters',
    needs: 'page',
    ...textValue((title) => isLine(title, 80)),
  },
  pageNote: {
    flag: '--page-note',
    argument: '<text>',
    summary: 'A sentence or two below the heading',
    takes: 'one line of up to 400 characters',
    needs: 'page',
    ...textValue((note) => isLine(note, 400)),
  },
  pageColor: {
    flag: '--page-color',
    argument: '<color>',
    summary: 'The colour of buttons and bars, such as #0a5c9e',
    takes: 'a colour of the form #rrggbb',
    needs: 'page',
    ...textValue(isColor),
    // Stored in lower case, so that another spelling of the same colour is no change.
    parse: (typed: unknown) => (typeof typed === 'string' ? typed.toLowerCase() : typed),
  },
  pageLogo: {
    flag: '--page-logo',
    argument: '<file>',
    summary: 'An SVG file, shown above the heading',
    details: 'Up to 20 kB of shapes and text; files with scripts or references to other files are refused.',
    takes: 'an SVG file of up to 20 kB without scripts and references to other files',
    needs: 'page',
    // page-logo.ts checks the drawing: every command loads this table, and would load the XML parser with it.
    ...textValue((svg) => svg !== ''),
    show: (svg: string) => `SVG, ${formatLimit(Buffer.byteLength(svg))}`,
  },
} as const;
