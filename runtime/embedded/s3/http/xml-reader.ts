import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { malformedXml, notImplemented } from '../s3-error';

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  alwaysCreateTextNode: false,
  // Numeric character references (&#13;) are only decoded with this set.
  htmlEntities: true,
});

/** One element of a request document. Every accessor throws MalformedXML when the shape is not the schema's. */
export class XmlElement {
  private constructor(
    private readonly name: string,
    private readonly content: unknown,
  ) {}

  /** @throws S3Error MalformedXML unless `text` is a document with this root element */
  static parse(text: string, root: string): XmlElement {
    // A document type can declare entities, and no S3 request has one.
    if (/<!DOCTYPE/i.test(text) || XMLValidator.validate(text) !== true) throw malformedXml();
    let tree: unknown;
    try {
      tree = parser.parse(text);
    } catch {
      throw malformedXml();
    }
    const content = isRecord(tree) ? tree[root] : undefined;
    if (content === undefined) throw malformedXml();
    return new XmlElement(root, content);
  }

  /** Itself. @throws S3Error NotImplemented for a child of another name, which would be passed over in silence */
  only(...names: readonly string[]): this {
    const found = isRecord(this.content) ? Object.keys(this.content) : [];
    const other = found.find((name) => name !== '#text' && !names.includes(name));
    if (other !== undefined) throw notImplemented(`${other} in ${this.name}`);
    return this;
  }

  children(name: string): readonly XmlElement[] {
    if (typeof this.content === 'string') return [];
    const found = isRecord(this.content) ? this.content[name] : undefined;
    if (found === undefined) return [];
    return (Array.isArray(found) ? found : [found]).map((content) => new XmlElement(name, content));
  }

  child(name: string): XmlElement | undefined {
    const found = this.children(name);
    if (found.length > 1) throw malformedXml();
    return found[0];
  }

  /** Text of the only child of that name; undefined when there is none. */
  text(name: string): string | undefined {
    const found = this.child(name);
    if (found === undefined) return undefined;
    if (typeof found.content !== 'string') throw malformedXml();
    return found.content;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
