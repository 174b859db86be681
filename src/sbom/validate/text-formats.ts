const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  'iri-reference': /^[^\s<>"{}|\\^`]*$/,
  uri: /^[a-z][a-z0-9+.-]*:\S*$/i,
  'idn-email': /^[^\s@]+@[^\s@]+$/,
  email: /^[^\s@]+@[^\s@]+$/,
}

/** Whether a text is of a format of JSON schema (draft 7). A format that is not known here is not judged. */
export function checkFormat(format: string, text: string): boolean {
  return !Object.hasOwn(FORMATS, format) || FORMATS[format]?.test(text) === true
}
