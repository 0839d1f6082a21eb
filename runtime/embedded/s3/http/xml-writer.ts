/** Content of an element: text, or child elements in order; null and undefined leave the element out. */
export type XmlContent = string | number | boolean | null | undefined | readonly XmlNode[];
export type XmlNode = readonly [name: string, content: XmlContent];

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A document with S3's namespace on its root element. */
export function xmlDocument(root: string, children: readonly XmlNode[], namespace = NAMESPACE): string {
  const attribute = namespace === '' ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${children.map(element).join('')}</${root}>`;
}

function element([name, content]: XmlNode): string {
  if (content === null || content === undefined) return '';
  const inner = Array.isArray(content)
    ? (content as readonly XmlNode[]).map(element).join('')
    : escapeXml(String(content));
  return `<${name}>${inner}</${name}>`;
}

/**
 * Control characters become character references, which XML 1.0 parsers may refuse: S3 does the same, and
 * offers `encoding-type=url` for keys that hold them.
 */
function escapeXml(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is escaped
  return text.replace(/[&<>"'\u0000-\u001f\u007f]/g, (character) => {
    switch (character) {
      case '&':
        return '&amp;';
      case '<':
        return '&lt;';
      case '>':
        return '&gt;';
      case '"':
        return '&quot;';
      case "'":
        return '&apos;';
      default:
        return `&#x${character.charCodeAt(0).toString(16)};`;
    }
  });
}
